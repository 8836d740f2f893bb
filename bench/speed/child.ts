import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, which answers one message with one other. */
export interface Child {
  ask<T>(message: object): Promise<T>
  close(): Promise<void>
}

/** Starts one. What it logs goes the way of a service's log: it is written, to nowhere. */
export function startChild(name: string, flags: readonly string[] = []): Child {
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), {
    serialization: 'advanced',
    execArgv: [...process.execArgv, ...flags],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  })
  const ended = once(child, 'exit')
  const gone = ended.then(([code]) => Promise.reject(new Error(`${name} ended with ${String(code)}`)))
  gone.catch(() => undefined)
  return {
    async ask<T>(message: object) {
      child.send(message)
      const [answer] = (await Promise.race([once(child, 'message'), gone])) as [T]
      return answer
    },
    async close() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

/** The other side: answers each message with what `answer` makes of it, and ends when nobody listens any more. */
export function serveParent<M, A>(answer: (message: M) => Promise<A> | A, end = () => {}): void {
  process.on('message', (message: M) => {
    void Promise.resolve(answer(message)).then((answered) => process.send?.(answered ?? {}))
  })
  process.once('disconnect', end)
}
