import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * What happens at the next COMMIT: the connection is cut before the server has it, or when its answer is on the
 * way; the server says that it ends the connection, and does so later; or its answer never comes.
 */
export type Cut = 'before' | 'after' | 'terminated' | 'silent'

/** What a server says that an administrator shuts down (PostgreSQL manual, "ErrorResponse"). */
const farewell = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0')
const fatal = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), farewell])
fatal.writeInt32BE(farewell.length + 4, 1)

/** Stands between Stint and PostgreSQL, and cuts the connection at a commit. */
export interface CuttingProxy {
  readonly url: string
  cut(how: Cut): void
  /** How many connections were cut so. */
  readonly cuts: () => number
  close(): Promise<void>
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port, username, pathname } = new URL(target)
  const sockets = new Set<Socket>()
  let armed: Cut | undefined
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
    let how: Cut | undefined
    near.on('data', (bytes) => {
      if (armed && bytes.includes('COMMIT\0')) {
        how = armed
        armed = undefined
        cuts++
        if (how === 'before') near.destroy()
        if (how === 'terminated') {
          near.write(fatal)
          setTimeout(() => near.destroy(), 200).unref()
        }
      }
      if (how !== 'before' && how !== 'terminated') far.write(bytes)
    })
    far.on('data', (bytes) => {
      // The server has answered, so it is committed; nobody hears of it.
      if (how === 'after') near.destroy()
      else if (how === undefined) near.write(bytes)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `postgres://${username}@127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut: (how) => (armed = how),
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
