import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Stands between Stint and PostgreSQL, and cuts the connection at a commit. */
export interface CuttingProxy {
  readonly url: string
  /** At the next COMMIT: before the server has it, or when the server has it and its answer is not out yet. */
  cut(when: 'before' | 'after'): void
  /** How many connections were cut so. */
  readonly cuts: () => number
  close(): Promise<void>
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port, username, pathname } = new URL(target)
  const sockets = new Set<Socket>()
  let armed: 'before' | 'after' | undefined
  let cuts = 0
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    let deaf = false
    near.on('data', (bytes) => {
      const when = bytes.includes('COMMIT\0') ? armed : undefined
      if (when) {
        armed = undefined
        cuts++
        deaf = true
        if (when === 'before') return void near.destroy()
      }
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      // The server has answered, so it is committed; nobody hears of it.
      if (deaf) near.destroy()
      else near.write(bytes)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `postgres://${username}@127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut: (when) => (armed = when),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
