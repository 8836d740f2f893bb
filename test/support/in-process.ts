import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from '../../src/cli/program.js'
import type { World } from '../../src/cli/remote/world.js'
import type { Run } from './command-line.js'

export interface Typed {
  /** The width of the terminal; undefined where stdout is a pipe. */
  readonly columns?: number
  /** What the person at the terminal answers; undefined where there is no person. */
  readonly answer?: boolean
  readonly env?: Readonly<Record<string, string>>
}

/** Types `stint` with these arguments, without the half a second that a process of its own takes. */
export async function typed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { columns, answer, env: more = {} }: Typed = {},
  change: Partial<World> = {},
): Promise<Run> {
  let [out, err] = ['', '']
  const world: World = {
    env: { ...env, ...more },
    platform: process.platform,
    home: '/nonexistent',
    uid: process.getuid?.(),
    pid: process.pid,
    alive: () => true,
    clock: Date.now,
    random: randomBytes,
    sleep: (ms) => sleep(ms),
    fetch,
    stdout: {
      write: (text) => void (out += text),
      ...(columns !== undefined && { isTTY: true, columns }),
    },
    stderr: { write: (text) => void (err += text) },
    interactive: answer !== undefined,
    question: async (question) => {
      err += question
      return ''
    },
    confirm: async (question) => {
      err += question
      return answer === true
    },
    self: [process.execPath, 'stint'],
    on: () => () => undefined,
    ...change,
  }
  const code = await runProgram(['node', 'stint', ...args], world)
  return { code, out, err }
}
