import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** What was posted to a sink. */
export interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The numbers of the events in it, in the order in which they came. */
export const seqsIn = (posted: readonly Posted[]): readonly number[] =>
  posted.flatMap(({ body }) =>
    body
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq),
  )

/** Where the feed posts to. */
export interface PostedTo {
  readonly url: string
  readonly posted: Posted[]
  /** How each post is answered: 204 until a test says otherwise. */
  answer(response: ServerResponse): void
}

export async function startSink(t: Pick<Test, 'teardown'>): Promise<PostedTo> {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      posted.push({ headers: request.headers, body })
      sink.answer(response)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const sink: PostedTo = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    posted,
    answer: (response) => void response.writeHead(204).end(),
  }
  return sink
}
