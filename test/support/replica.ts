import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { filesOf, mustHoldNoSecret } from './canary.js'

const cli = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** A `stint serve` of its own process. */
export interface Replica {
  readonly url: string
  readonly child: ChildProcess
  /** Its exit code and signal, once it has ended. Rejects when a secret that was minted is in its log or its file. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  /** Every line that it logged. */
  readonly log: readonly string[]
  /** Resolves once it has logged something that matches, since it started. */
  said(pattern: RegExp): Promise<string>
}

/** Starts one on a free port, and waits for nothing. */
export function spawnReplica(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = '', NODE_V8_COVERAGE, NODE_OPTIONS } = process.env
  return spawn(process.execPath, [cli, 'serve', ...args], {
    env: {
      PATH,
      ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
      ...(NODE_OPTIONS !== undefined && { NODE_OPTIONS }),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      STINT_LISTEN: '127.0.0.1:0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts one on a free port; resolves once it listens, and rejects when it ends before that. */
export async function startReplica(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Replica> {
  const child = spawnReplica(args, env)
  const log: string[] = []
  const watchers = new Set<() => void>()
  const hear = (line: string) => {
    log.push(line)
    for (const look of watchers) look()
  }
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then((how) => {
    const { STINT_STORE: place = 'postgres:' } = env
    const files = place.startsWith('postgres') ? {} : filesOf(place.replace(/^sqlite:/, ''))
    mustHoldNoSecret({ ...files, 'what it logged': log.join('\n') })
    return how
  })
  createInterface({ input: child.stdout }).on('line', hear)
  createInterface({ input: child.stderr }).on('line', hear)
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = log.find((text) => pattern.test(text))
        if (line === undefined) return
        watchers.delete(look)
        resolve(line)
      }
      watchers.add(look)
      void ended
        .catch(() => undefined)
        .then(() => reject(new Error(`ended without saying ${pattern}:\n${log.join('\n')}`)))
      look()
    })
  const listening = JSON.parse(await said(/Server listening/)) as { readonly msg: string }
  return { url: /http:\S+/.exec(listening.msg)![0], child, ended, log, said }
}
