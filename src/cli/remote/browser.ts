import { spawn } from 'node:child_process'
import type { World } from './world.js'

const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/**
 * Opens a browser, the one of `BROWSER` where that is set; false where none can be started. Others on the machine can
 * see the URL in its arguments, so it must hold nothing secret.
 */
export function openBrowser(
  { env, platform }: Pick<World, 'env' | 'platform'>,
  url: string,
): Promise<boolean> {
  const [file = '', ...args] = env['BROWSER'] ? [env['BROWSER']] : (openers[platform] ?? ['xdg-open'])
  return new Promise((resolve) => {
    const child = spawn(file, [...args, url], { stdio: 'ignore', detached: true, env: { ...env } })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
