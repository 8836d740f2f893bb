import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from './app.js'
import { logLevel } from './http/log.js'

/**
 * Runs Stint as this process until SIGTERM or SIGINT, which finish or record what is under way; SIGHUP
 * reads the configuration again. Rejects with a `Fault` when it cannot start.
 */
export async function serve(path: string): Promise<void> {
  const app = await startApp({
    readConfig: () => readFile(path, 'utf8'),
    env: process.env,
    clock: Date.now,
    random: randomBytes,
    fetch,
    sleep: (ms) => sleep(ms),
    log: { level: logLevel(process.env['STINT_LOG_LEVEL']) },
  })
  process.on('SIGHUP', () => void app.reload().catch(() => undefined))
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await app.close()
}
