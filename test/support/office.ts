import type { Stint } from './stint.js'
import { listen } from './wire.js'

/** The load balancer before Stint, as callers meet it that are other processes: all of them sit in the office. */
export interface Office {
  readonly url: string
  /** Every call that was passed on, such as `POST /v1/grants`. */
  readonly calls: readonly string[]
  /** The next answers are lost on their way: Stint has done what it was asked to, and the caller cannot know. */
  readonly loseAnswers: (count: number) => void
  readonly close: () => Promise<void>
}

/** Listens on a free port of loopback. Each call takes a millisecond, so ids sort as they were made. */
export async function startOffice({ url: to, clock }: Pick<Stint, 'url' | 'clock'>): Promise<Office> {
  const calls: string[] = []
  let lost = 0
  const hopByHop = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'])
  const { url, close } = await listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    clock.advance(1)
    calls.push(`${request.method} ${request.url}`)
    const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      hopByHop.has(name) ? [] : [[name, String(value)]],
    )
    const answer = await fetch(`${to}${request.url}`, {
      method: request.method ?? 'GET',
      headers: [...headers, ['x-forwarded-for', '203.0.113.7']],
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      redirect: 'manual',
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (lost > 0) {
      lost -= 1
      return void response.destroy()
    }
    const passed = [...answer.headers].filter(([name]) => !hopByHop.has(name) && name !== 'content-encoding')
    response.writeHead(answer.status, Object.fromEntries(passed)).end(body)
  })
  return { url, calls, loseAnswers: (count) => void (lost = count), close }
}
