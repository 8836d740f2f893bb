import { Worker } from 'node:worker_threads'
import { Fault } from '../../fault.js'
import type { Wrote } from '../wrote.js'
import { faultOf, told } from './faults.js'
import type { Replies, Request, Start } from './protocol.js'

/** The operations of an interface, called across a thread. */
export interface Channel<Ops> {
  call<Op extends keyof Ops & Request['op']>(op: Op, ...arg: Args<Ops[Op]>): Promise<Answer<Ops[Op]>>
  /** Resolves when all that was called before is answered and the worker has ended. */
  close(): Promise<void>
}

type Args<F> = F extends (...args: infer A) => unknown ? A : never
type Answer<F> = F extends (...args: never[]) => infer R ? R : never

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (fault: Fault) => void
}

/** How many calls may wait in a channel: bounds memory, and how long the last of them waits. */
const mostWaiting = 10_000

/**
 * Starts a worker and waits until it has opened the database; rejects with the fault that kept it from
 * doing so. When the worker dies, all that waits and all that comes is refused as `store_unavailable`.
 */
export async function openChannel<Ops>(start: Start, wrote?: Wrote): Promise<Channel<Ops>> {
  // What was preloaded into the process has no business in here, and would be loaded anew in each thread.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start, execArgv: [] })
  const waiting = new Map<number, Waiting>()
  let batch: Request[] = []
  let last = 0
  let closed = false
  let dead: unknown

  const refusal = (): Fault =>
    dead === undefined
      ? new Fault('store_unavailable', 'The store is closed: Stint is shutting down.')
      : new Fault('store_unavailable', 'The store has stopped working. Restart Stint.', { cause: dead })

  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      if (!closed) dead ??= new Error(`The worker ended with code ${code}.`)
      closed = true
      for (const { reject } of waiting.values()) reject(refusal())
      waiting.clear()
      resolve()
    })
  })
  // An exit follows each of these; without a listener the first would end the process.
  worker.on('error', (error) => (dead = error))
  worker.on('messageerror', (error) => (dead = error))

  worker.on('message', ({ replies, took }: Replies) => {
    if (took !== undefined) wrote?.(replies.length, took)
    for (const reply of replies) {
      const waits = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (reply.ok) waits?.resolve(reply.value as never)
      else waits?.reject(told(reply.fault))
    }
  })

  /** All that one turn called goes over together: waking the other thread costs more than most of what it does. */
  const flush = (): void => {
    const requests = batch
    batch = []
    if (requests.length === 0) return
    try {
      worker.postMessage(requests)
    } catch (error) {
      const [only, ...more] = requests
      if (more.length === 0) return refuse(only?.id ?? 0, faultOf(error))
      // One that cannot be sent is refused by itself.
      for (const request of requests) {
        batch = [request]
        flush()
      }
    }
  }

  const refuse = (id: number, fault: Fault): void => {
    waiting.get(id)?.reject(fault)
    waiting.delete(id)
  }

  await new Promise<void>((resolve, reject) => waiting.set(0, { resolve, reject })).catch(
    async (error: unknown) => {
      await ended
      throw error
    },
  )

  return {
    call: (op, ...[arg]) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(refusal())
        if (waiting.size >= mostWaiting) return reject(overloaded())
        const request: Request = { id: ++last, op, arg }
        if (batch.length === 0) setImmediate(flush)
        batch.push(request)
        return waiting.set(request.id, { resolve, reject })
      }),
    close: () => {
      if (!closed) {
        closed = true
        batch.push({ id: ++last, op: 'close', arg: undefined })
        flush()
      }
      return ended
    },
  }
}

const overloaded = (): Fault =>
  new Fault('overloaded', 'Too many requests wait for the store. Try again in a moment.', { retryAfter: 1 })
