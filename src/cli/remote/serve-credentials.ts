import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Session } from './frame.js'
import { isFresh, type Kept } from './kept.js'
import { collect } from './obtain.js'
import { Stop } from './stop.js'

export interface Endpoint {
  readonly url: string
  readonly token: string
  close(): Promise<void>
}

/**
 * Credentials of a grant on loopback, as AWS's clients fetch them in a container: GET with the token as it is in
 * `Authorization`. They are collected anew when they are no longer fresh, once for all who ask meanwhile, until the grant
 * ends. A request by another name than the endpoint's own is refused: a page in a browser may be made to send one.
 */
export async function serveCredentials(session: Session, first: Kept): Promise<Endpoint> {
  const { world } = session
  const token = Buffer.from(world.random(32)).toString('base64url')
  const current = keepFresh(session, first)
  const allowed = (request: IncomingMessage, host: string) =>
    request.method === 'GET' &&
    request.url === '/credentials' &&
    request.headers.host === host &&
    request.headers.origin === undefined &&
    sameText(request.headers.authorization ?? '', token)

  const server = createServer((request, response) => {
    request.resume()
    const answer = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify(body))
    if (!allowed(request, `127.0.0.1:${port}`))
      return void answer(403, { code: 'forbidden', message: 'Not for you.' })
    current().then(
      (kept) => answer(200, containerJson(kept)),
      (error: Error) =>
        answer(error instanceof Stop && error.code === 'conflict' ? 403 : 500, {
          code: 'stint',
          message: error.message,
        }),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/credentials`,
    token,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function keepFresh(session: Session, first: Kept): () => Promise<Kept> {
  let [kept, collecting]: [Kept, Promise<Kept> | undefined] = [first, undefined]
  const anew = () => collect(session, session.client(), { grant: { id: kept.grant } }, kept.key)
  return () => {
    if (isFresh(kept, session.world.clock())) return Promise.resolve(kept)
    collecting ??= anew()
      .then((fresh) => (kept = fresh))
      .finally(() => (collecting = undefined))
    return collecting
  }
}

const containerJson = ({ credentials, account }: Kept) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  Token: credentials.sessionToken,
  Expiration: credentials.expiresAt,
  AccountId: account,
})

const sameText = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
