import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

/** Namespaces of its own for processes and mounts (unshare(1)): what is in them goes when the first in them does. */
const namespaces = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc']

/** The first process is a shell: it takes leave of those whose parents were killed, as an init does. */
const first = ['sh', '-c', '"$@"; exit $?', 'sh']

/**
 * Runs this program once more where whatever it starts or mounts is gone with it, however it ends. Resolves to its
 * exit code; to undefined where that may not be, or where this is that run already.
 */
export async function runAlone(args: readonly string[]): Promise<number | undefined> {
  if (args.includes('--alone')) {
    // The pipe to whoever started this closes with them.
    process.stdin.on('end', () => process.exit(1)).resume()
    return undefined
  }
  if (spawnSync('unshare', [...namespaces, 'true']).status !== 0) return undefined
  const program = [process.execPath, ...process.argv.slice(1, 2), ...args, '--alone']
  const child = spawn('unshare', [...namespaces, ...first, ...program], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}
