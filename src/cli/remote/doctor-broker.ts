import { formatDuration, type Duration } from '../../time.js'
import type { Finding } from './finding.js'
import type { World } from './world.js'

/** AWS refuses signatures that are five minutes off, and brokers and issuers allow tokens less than that. */
const refused: Duration = 240_000
const suspicious: Duration = 30_000

/** Whether the broker is there and ready, and whether this machine's clock is that of the rest of the world. */
export async function examineBroker(
  { fetch, clock }: Pick<World, 'fetch' | 'clock'>,
  url: string,
): Promise<readonly Finding[]> {
  const ask = (path: string) =>
    fetch(`${url}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  let response: Response
  let finding: Finding
  try {
    response = await ask('/readyz')
    finding = (await readiness(response)) ?? (await whatElse(response.status, await ask('/v1/me')))
  } catch (error) {
    const { code = '', message } = ((error as Error).cause ?? error) as Error & { code?: string }
    return [
      {
        check: 'broker',
        level: 'failed',
        code: 'unreachable',
        detail: `No answer: ${code || message}.`,
        mend: mendOf(code),
      },
    ]
  }
  return [finding, clockOf(response, clock())]
}

interface Said {
  readonly status?: unknown
  readonly code?: unknown
  readonly detail?: unknown
}

const read = async (response: Response): Promise<Said> =>
  ((await response.json().catch(() => undefined)) ?? {}) as Said

/** What a broker says of itself; undefined where what answers is none. */
async function readiness(response: Response): Promise<Finding | undefined> {
  const { status, code, detail } = await read(response)
  if (response.status === 200 && status === 'ready')
    return { check: 'broker', level: 'ok', detail: 'It is ready.' }
  if (response.status === 200 && status === 'degraded')
    return {
      check: 'broker',
      level: 'warning',
      detail: 'It works, though not all of it: its replicas have other rules, or Slack does not answer.',
      mend: 'Tell whoever runs it: GET /readyz says which part.',
    }
  if (response.status !== 503 || typeof detail !== 'string') return undefined
  // Whether they can be had shows when it sees a token: that is the next check.
  if (code === 'keys_unavailable')
    return {
      check: 'broker',
      level: 'warning',
      detail: `${detail} A broker that has just started fetches them with the first token that it sees.`,
    }
  return {
    check: 'broker',
    level: 'failed',
    code: 'store_unavailable',
    detail,
    mend: 'Tell whoever runs it: GET /readyz says which part.',
  }
}

/** Operators may keep `/readyz` to their own network. Nobody else refuses a caller without a token in a broker's words. */
async function whatElse(status: number, refusal: Response): Promise<Finding> {
  if (refusal.status === 401 && (await read(refusal)).code === 'unauthenticated')
    return {
      check: 'broker',
      level: 'ok',
      detail: 'It answers; whether it is ready is not for this network to know.',
    }
  return {
    check: 'broker',
    level: 'failed',
    code: 'unreachable',
    detail: `What answers there (${status}) does not answer as a broker does.`,
    mend: 'Is the address right, and does no proxy stand before it?',
  }
}

function mendOf(code: string): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return "Its certificate is not trusted here: name your company's in NODE_EXTRA_CA_CERTS."
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The name is not known here. Is the VPN up?'
  return 'Is the address right, and the VPN up?'
}

function clockOf(response: Response, now: number): Finding {
  // The header has whole seconds, cut off: half of one is the best guess.
  const there = Date.parse(response.headers.get('date') ?? '') + 500
  if (!Number.isFinite(there))
    return { check: 'clock', level: 'warning', detail: 'The broker does not say what time it is.' }
  const off = Math.abs(now - there)
  if (off <= suspicious) return { check: 'clock', level: 'ok', detail: 'It is right.' }
  return {
    check: 'clock',
    level: off > refused ? 'failed' : 'warning',
    ...(off > refused && { code: 'unauthenticated' as const }),
    detail: `It is ${formatDuration(off)} ${now > there ? 'fast' : 'slow'}; AWS takes no signature that is five minutes off.`,
    mend: 'Have the machine set it: timedatectl set-ntp true, or what your system has for that.',
  }
}
