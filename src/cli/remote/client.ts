import type { Problem } from '../../http/contract.js'
import type { Duration } from '../../time.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'
import type { Tokens } from './tokens.js'
import type { World } from './world.js'

/** The broker, as a command meets it. Every method rejects with a `Stop` in the broker's words or our own. */
export interface Client {
  get(path: string, options?: Options): Promise<Reply>
  /** `key` makes it safe to send again, and so it is, with the same key, when the answer is lost. */
  post(path: string, body?: object, options?: Options): Promise<Reply>
}

export interface Options {
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>
  readonly key?: string
  readonly accept?: string
  /** How long one answer may take; a long poll takes its own. */
  readonly within?: Duration
  /** The longest that a broker may ask us to wait before we say so in its place; a few seconds unless given. */
  readonly patience?: Duration
  /** Whoever asks wants no answer any more. */
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON, undefined where it is none. What it looks like is for `shape.read` to find out. */
  readonly body: unknown
}

const patience: Duration = 20_000
const tries = 3
const longestPause: Duration = 5_000
/** An audit's page of 1,000 events is some megabytes. */
const largest = 64 * 1_024 * 1_024

type Surroundings = Pick<World, 'fetch' | 'sleep'>

/** A client of the broker at `url`, which gets these tokens and nobody else. */
export function createClient({ fetch, sleep }: Surroundings, url: string, tokens: Tokens): Client {
  async function once(
    method: string,
    path: string,
    token: string,
    body: object | undefined,
    options: Options,
  ) {
    const { query = {}, key, accept = 'application/json', within = patience, signal } = options
    const target = new URL(`${url}${path}`)
    for (const [name, value] of Object.entries(query))
      for (const one of value === undefined ? [] : [value].flat())
        target.searchParams.append(name, String(one))
    const response = await fetch(target, {
      method,
      headers: {
        accept: `${accept}, application/problem+json`,
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      // A token goes to the address that it was got for, and nowhere that this address points to.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(within), ...(signal ? [signal] : [])]),
    })
    const text = await readText(response)
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

  async function exchange(
    method: string,
    path: string,
    body: object | undefined,
    options: Options,
  ): Promise<Reply> {
    let token = await tokens.current()
    for (let left = tries - 1, renewed = false; ; left -= 1) {
      const repeatable = method === 'GET' || options.key !== undefined
      const reply = await once(method, path, token, body, options).catch((error: unknown) => {
        const given = options.signal?.aborted === true
        if (error instanceof Stop || left === 0 || given || !(repeatable || neverLeft(error)))
          throw unreached(url, error)
      })
      if (reply === undefined) {
        await sleep(400 * (tries - left), options.signal)
        continue
      }
      if (reply.status >= 200 && reply.status < 300) return reply
      if (reply.status === 401 && !renewed) {
        renewed = true
        const fresh = await tokens.renew(token)
        if (fresh !== undefined) {
          token = fresh
          left += 1
          continue
        }
      }
      const pause = pauseOf(reply)
      if (
        pause === undefined ||
        pause > (options.patience ?? longestPause) ||
        left === 0 ||
        !(repeatable || reply.status === 429)
      )
        throw refusal(reply)
      await sleep(pause, options.signal)
    }
  }

  return {
    get: (path, options = {}) => exchange('GET', path, undefined, options),
    post: (path, body, options = {}) => exchange('POST', path, body, options),
  }
}

/** The refusal that an answer is, in the broker's words. */
function refusal(reply: Reply): Stop {
  if (reply.status >= 300 && reply.status < 400)
    return new Stop(
      'unreachable',
      'The broker points elsewhere, and a token is not sent there. Set STINT_URL to where it is.',
    )
  const problem = shape.read<Problem>(reply.body, shape.problem)
  return new Stop(problem.code, problem.detail, problem)
}

/** How long the broker asks to be left alone before the same again may help; undefined where it would not. */
function pauseOf({ status, headers, body }: Reply): Duration | undefined {
  const code = (body as { code?: unknown } | undefined)?.code
  if (status !== 429 && status !== 503 && code !== 'in_flight' && code !== 'contended') return undefined
  const seconds = Number(headers.get('retry-after') ?? 1)
  return (Number.isFinite(seconds) ? Math.max(seconds, 0.2) : 1) * 1_000
}

/** Whether a request surely did not reach anybody, so that to send it again cannot do anything twice. */
const neverLeft = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(causeOf(error).code))

const causeOf = (error: unknown): { code?: unknown; message?: unknown; name?: unknown } =>
  ((error as Error).cause ?? error) as Error

function unreached(url: string, error: unknown): Stop {
  if (error instanceof Stop) return error
  const { code, message, name } = causeOf(error)
  const why = name === 'TimeoutError' ? 'no answer in time' : String(code ?? message)
  return new Stop('unreachable', `The broker at ${url} cannot be reached: ${why}.`)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength
    if (size > largest)
      throw new Stop('unreachable', 'The broker answers with more than 64 MiB; that is none.')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}
