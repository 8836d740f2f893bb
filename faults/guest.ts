import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from '../src/app.js'

/** A broker within the harness, whose clock can be stepped: a machine's own clock is everybody's. */
export interface Guest {
  readonly url: string
  /** Sets its clock so many milliseconds on, or back. */
  step(ms: number): void
  close(): Promise<void>
}

/** Starts one; every line that it logs goes to `log`. Its own AWS credentials are those of the environment given. */
export async function openGuest(
  config: string,
  env: Readonly<Record<string, string>>,
  log: string[],
): Promise<Guest> {
  let ahead = 0
  const heard = { write: (line: string) => void log.push(line) }
  const app = await startApp({
    readConfig: () => readFile(config, 'utf8'),
    env: { ...env, STINT_LISTEN: '127.0.0.1:0' },
    clock: () => Date.now() + ahead,
    random: randomBytes,
    fetch,
    sleep: (ms) => sleep(ms),
    stdout: heard,
    log: heard,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  return { url: app.url, step: (ms) => (ahead += ms), close: () => app.close() }
}
