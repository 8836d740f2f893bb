#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { version } from '../version.js'
import { keptAnswer } from './remote/hot.js'
import type { World } from './remote/world.js'

// What is asked for at every turn, the version and credentials that are kept, is answered before anything is loaded.
const args = process.argv.slice(2)
const place = {
  env: process.env,
  platform: process.platform,
  home: homedir(),
  uid: process.getuid?.(),
}
const answer =
  args.length === 1 && args[0] === '--version' ? `${version}\n` : keptAnswer(args, place, Date.now())
if (answer !== undefined) write(answer)
else void start()

/** `process.stdout` of a pipe loads all of Node's network first: a fifth of the time. It gets what a full pipe leaves. */
function write(text: string): void {
  let rest = Buffer.from(text)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch {
    process.stdout.write(rest)
  }
}

async function start(): Promise<void> {
  const [{ runProgram }, { randomBytes }, { setTimeout: sleep }] = await Promise.all([
    import('./program.js'),
    import('node:crypto'),
    import('node:timers/promises'),
  ])
  const world: World = {
    ...place,
    pid: process.pid,
    alive,
    clock: Date.now,
    random: randomBytes,
    sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
    fetch,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    question,
    confirm: async (text) => /^y(es)?$/i.test(await question(`${text} [y/N]`)),
    self: process.argv.slice(0, 2),
    on(signal, heard) {
      process.on(signal, heard)
      return () => process.off(signal, heard)
    },
  }
  process.exitCode = await runProgram(process.argv, world)
}

/** A question to the person at the terminal. Ctrl-D is no answer. */
async function question(text: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')))
  try {
    return (await Promise.race([asking.question(`${text} `), closed])).trim()
  } finally {
    asking.close()
  }
}

/** Signal 0 is none: it only asks. One that belongs to somebody else is there too. */
function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
