import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duration } from '../../time.js'
import { Stop } from './stop.js'

/** Where a browser comes back to with the issuer's answer. */
export interface Loopback {
  /** The exact redirect URI. */
  readonly redirect: string
  /** The whole URL that the browser came back with; rejects with a `Stop` when none came in time. */
  readonly answer: Promise<URL>
  close(): Promise<void>
}

const patience: Duration = 5 * 60_000

/**
 * A port of loopback for one sign-in (RFC 8252, 7.3). Only a GET of the one path by the address's own name and with the
 * state of this sign-in counts; the first that does is the answer, and the page has nothing of it in it.
 */
export async function listenForBrowser(state: string): Promise<Loopback> {
  let [settle, refuse] = [(_url: URL): void => undefined, (_stop: Stop): void => undefined]
  const answer = new Promise<URL>((resolve, reject) => ([settle, refuse] = [resolve, reject]))
  answer.catch(() => undefined)
  const server = createServer((request, response) => {
    request.resume()
    const url = URL.canParse(request.url ?? '', redirect) ? new URL(request.url ?? '', redirect) : undefined
    const ours =
      request.method === 'GET' &&
      request.headers.host === `127.0.0.1:${port}` &&
      url?.pathname === '/callback' &&
      url.searchParams.get('state') === state
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    }
    if (!ours) return void response.writeHead(404, headers).end('Nothing here.\n')
    response
      .writeHead(200, headers)
      .end('That is all. You can close this page and go back to the terminal.\n')
    settle(url)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const redirect = `http://127.0.0.1:${port}/callback`
  const waiting = setTimeout(
    () => refuse(new Stop('unauthenticated', 'Nobody signed in within five minutes. Try again: stint login')),
    patience,
  )
  return {
    redirect,
    answer,
    async close() {
      clearTimeout(waiting)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 500).unref()
      await closed
    },
  }
}
