import { PGlite } from '@electric-sql/pglite'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** PostgreSQL compiled to WebAssembly, behind a socket on loopback. */
export interface Pglite {
  /** The URL of a database that is empty again. */
  fresh(): Promise<string>
  close(): Promise<void>
}

/** What the protocol's first messages are told by (PostgreSQL manual, "Message Formats"). */
const sslRequest = 80_877_103
const [sync, query, terminate, notification] = [0x53, 0x51, 0x58, 0x41]

/**
 * It has one session for everybody: connections take turns, whole transactions at a time, and what it
 * notifies goes to all of them. Ports and drivers are the real ones.
 */
export async function startPglite(): Promise<Pglite> {
  const db = await PGlite.create()
  const sockets = new Set<Socket>()
  let turn: Promise<void> = Promise.resolve()

  /** Runs alone, after all that came before. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  function serve(socket: Socket): void {
    let unread = Buffer.alloc(0)
    let started = false
    let group: Buffer[] = []
    let leave: (() => void) | undefined
    let gone = false
    const pending: Buffer[] = []
    let working = false

    /** Executes what has come, and keeps the turn for as long as a transaction is open. */
    async function work(): Promise<void> {
      if (working) return
      working = true
      for (let next = pending.shift(); next; next = pending.shift()) {
        const message = next
        if (!leave) {
          await new Promise<void>((begin) => {
            void alone(
              () =>
                new Promise<void>((done) => {
                  leave = done
                  begin()
                }),
            )
          })
        }
        const answer = Buffer.from(await db.execProtocolRaw(message, { throwOnError: false }))
        if (!gone) socket.write(answer)
        for (const note of notifications(answer))
          for (const other of sockets) if (other !== socket) other.write(note)
        if (!db.isInTransaction()) release()
      }
      working = false
      if (gone) await rollBack()
    }
    function release(): void {
      leave?.()
      leave = undefined
    }
    async function rollBack(): Promise<void> {
      if (leave && db.isInTransaction()) await db.exec('ROLLBACK')
      release()
    }

    socket.on('data', (data) => {
      unread = Buffer.concat([unread, data])
      for (
        let size = sizeOf(unread, started);
        size > 0 && unread.length >= size;
        size = sizeOf(unread, started)
      ) {
        const message = unread.subarray(0, size)
        unread = unread.subarray(size)
        if (!started && message.readInt32BE(4) === sslRequest) {
          socket.write('N')
          continue
        }
        if (started && message[0] === terminate) continue
        group.push(message)
        if (started && message[0] !== sync && message[0] !== query) continue
        started = true
        pending.push(Buffer.concat(group))
        group = []
        void work()
      }
    })
    socket.once('close', () => {
      gone = true
      if (!working) void rollBack()
    })
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    async fresh() {
      await alone(() => db.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public'))
      return `postgres://postgres:x@127.0.0.1:${port}/postgres?sslmode=disable`
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
      await turn
      await db.close()
    },
  }
}

/** Bytes of the first message; 0 while that cannot be told. The first of a connection has no letter. */
const sizeOf = (bytes: Buffer, started: boolean): number =>
  started ? (bytes.length < 5 ? 0 : bytes.readInt32BE(1) + 1) : bytes.length < 8 ? 0 : bytes.readInt32BE(0)

function* notifications(answer: Buffer): Generator<Buffer> {
  for (let at = 0; at + 5 <= answer.length; at += answer.readInt32BE(at + 1) + 1)
    if (answer[at] === notification) yield answer.subarray(at, at + answer.readInt32BE(at + 1) + 1)
}
