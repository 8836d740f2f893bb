import { Agent, request } from 'node:http'
import { signature } from '../slack-clicks.js'
import type { Stint } from '../stint.js'
import type { Answer } from './answers.js'
import type { Recipe } from './requests.js'

/** After this an answer will not come: no limit of Stint's own is as long. */
const hung = 60_000

/** What is put in for a mark of which nothing was seen yet. */
const unseen = { grant: '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D', key: 'ASIAUNSEENUNSEENUNSE' }

export interface Client {
  /** Sends what the recipe says. Rejects when no answer comes, or one that is not HTTP. */
  send(recipe: Recipe): Promise<Answer>
  close(): void
}

/** Sends recipes to a Stint, and remembers which grants and access keys it spoke of. */
export function createClient(stint: Stint): Client {
  const agent = new Agent({ keepAlive: true })
  const { hostname, port } = new URL(stint.url)
  const seen: Record<'grant' | 'key', string[]> = { grant: [], key: [] }
  const fill = (text: string): string =>
    text.replaceAll(/<(grant|key):(\d)>/g, (_match, kind: 'grant' | 'key', age: string) => {
      const newest = seen[kind]
      return newest[Math.max(0, newest.length - 1 - Number(age))] ?? unseen[kind]
    })

  function remember({ headers, text }: Answer): void {
    const grant = headers.location?.split('/').at(-1)
    if (grant !== undefined) seen.grant.push(grant)
    const key = /ASIA[A-Z0-9]{12,}/.exec(text)?.[0]
    if (key !== undefined) seen.key.push(key)
  }

  function bearer({ as }: Recipe): Readonly<Record<string, string>> {
    if (as === 'nobody') return {}
    return { authorization: `Bearer ${typeof as === 'string' ? stint.token(as) : as.token}` }
  }

  function signed({ slack }: Recipe, text: string): Readonly<Record<string, string>> {
    if (slack === undefined) return {}
    const at = stint.clock() - (slack === 'long ago' ? 400_000 : 0)
    return slack === 'by others' ? signature(text, at, 'x'.repeat(32)) : signature(text, at)
  }

  async function send(recipe: Recipe): Promise<Answer> {
    stint.clock.advance(1)
    const { method, target, headers, body } = recipe
    const text = fill(body?.text ?? '')
    const payload = body && Buffer.from(text, body.encoding)
    const answer = await new Promise<Answer>((resolve, reject) => {
      const outgoing = request({
        agent,
        hostname,
        port,
        method,
        path: fill(target),
        headers: {
          ...bearer(recipe),
          ...(payload && !('transfer-encoding' in headers) && { 'content-length': payload.length }),
          ...headers,
          ...signed(recipe, text),
        },
        timeout: hung,
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer came')))
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('error', reject)
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      })
      outgoing.end(payload)
    })
    remember(answer)
    return answer
  }

  return { send, close: () => agent.destroy() }
}

/** Whether its answer may be held back: then nobody waits for it before going on. */
export const isHeld = ({ target }: Recipe): boolean => /[?&]wait=[^0&]/.test(target)

/** A recipe as it can be read, and typed again. */
export function told({ as, method, target, headers, body, slack }: Recipe): string {
  const sent = body ? ` ${JSON.stringify(body.text.slice(0, 2_000))} (${body.encoding})` : ''
  const by = slack === undefined ? JSON.stringify(as) : `Slack, signed ${slack}`
  return `${by}: ${method} ${target} ${JSON.stringify(headers)}${sent}`.slice(0, 4_000)
}
