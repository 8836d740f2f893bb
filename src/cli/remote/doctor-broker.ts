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
  let response: Response
  try {
    response = await fetch(`${url}/readyz`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
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
  return [await readiness(response), clockOf(response, clock())]
}

async function readiness(response: Response): Promise<Finding> {
  const said = (await response.json().catch(() => ({}))) as { status?: unknown; detail?: unknown }
  if (response.status === 200 && said.status === 'ready')
    return { check: 'broker', level: 'ok', detail: 'It is ready.' }
  if (response.status === 503 && typeof said.detail === 'string')
    return {
      check: 'broker',
      level: 'failed',
      code: 'store_unavailable',
      detail: said.detail,
      mend: 'Tell whoever runs it: GET /readyz says which part.',
    }
  return {
    check: 'broker',
    level: 'failed',
    code: 'unreachable',
    detail: `What answers there (${response.status}) does not answer as a broker does.`,
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
