import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { startStint, usualRules, type Stint } from './stint.js'

export const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** A broker for callers that come straight from loopback instead of through a proxy of the office. */
export async function startOpenStint(t: Test): Promise<Stint> {
  const rules = usualRules.replaceAll('from: [office]', 'from: any')
  const stint = await startStint({ rules, proxies: '192.0.2.1/32' })
  t.teardown(() => stint.close())
  return stint
}

export interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A machine of its own: a home, and the environment of nobody. */
export interface Machine {
  readonly home: string
  readonly env: Record<string, string>
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Run>
}

export function createMachine(t: Test, own: Readonly<Record<string, string>>): Machine {
  const home = mkdtempSync(join(tmpdir(), 'stint-home-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const { PATH = '', NODE_V8_COVERAGE, NODE_OPTIONS } = process.env
  const env = {
    PATH,
    HOME: home,
    // Nobody's real keyring is for a test to write into.
    STINT_KEYRING: 'off',
    ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
    ...(NODE_OPTIONS !== undefined && { NODE_OPTIONS }),
    ...own,
  }
  const start: Machine['start'] = (args, more = {}) =>
    spawn(process.execPath, [program, ...args], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  return {
    home,
    env,
    start,
    async run(args, more) {
      const child = start(args, more)
      let [out, err] = ['', '']
      child.stdout!.on('data', (text) => (out += text))
      child.stderr!.on('data', (text) => (err += text))
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, out, err }
    },
  }
}
