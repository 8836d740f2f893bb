import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp, type App } from './app.js'
import type { Head } from './audit/event.js'

/**
 * Runs Stint as this process until SIGTERM or SIGINT, which finish or record what is under way; SIGHUP
 * reads the configuration again. Nothing is issued on a record that does not hold `expectHead`. Rejects with a `Fault` when it cannot start.
 */
export async function serve(readConfig: () => Promise<string>, expectHead?: Head): Promise<void> {
  let app: App | undefined
  // Before it serves there is nothing to reload; what is wrong with a file later is in the log, the old rules stay.
  process.on('SIGHUP', () => void app?.reload().catch(() => undefined))
  app = await startApp({
    readConfig,
    env: process.env,
    clock: Date.now,
    random: randomBytes,
    fetch,
    stdout: process.stdout,
    sleep: (ms) => sleep(ms),
    ...(expectHead && { expectHead }),
  })
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await app.close()
}
