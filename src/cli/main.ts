#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { version } from '../version.js'
import type { World } from './remote/world.js'

// What is asked for at every turn, the version and credentials that are kept, is answered before anything is loaded.
const args = process.argv.slice(2)
if (args.length === 1 && args[0] === '--version') process.stdout.write(`${version}\n`)
else void start()

async function start(): Promise<void> {
  const { runProgram } = await import('./program.js')
  process.exitCode = await runProgram(process.argv, world())
}

/** A question to the person at the terminal; anything but yes is no. */
async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim())
  } finally {
    asking.close()
  }
}

function world(): World {
  return {
    env: process.env,
    platform: process.platform,
    home: homedir(),
    uid: process.getuid?.(),
    pid: process.pid,
    clock: Date.now,
    random: randomBytes,
    sleep: (ms) => sleep(ms),
    fetch,
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    confirm,
    self: process.argv.slice(0, 2),
    on(signal, heard) {
      process.on(signal, heard)
      return () => process.off(signal, heard)
    },
  }
}
