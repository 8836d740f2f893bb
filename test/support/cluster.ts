import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { canary, mustHoldNoSecret } from './canary.js'

/** A PostgreSQL of the test's own: a private cluster in a temporary folder, listening on loopback. */
export interface Cluster {
  readonly version: string
  /** The URL of a new, empty database. */
  fresh(): Promise<string>
  /** As `pg_ctl stop -m immediate`, a crash: nothing is said to whoever is connected. */
  crash(): Promise<void>
  /** Sends a signal to the server and all its processes: SIGKILL ends them as they stand, SIGSTOP holds them. */
  signal(name: NodeJS.Signals): Promise<void>
  /** Starts the server where it does not run. */
  start(): Promise<void>
  /** Ends it. Rejects when a secret that was minted is in one of its databases. */
  close(): Promise<void>
}

/** Where Debian's packages, and most others, put the server's programs; the newest first. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** PostgreSQL refuses to run as root: there, it runs as its own user. */
async function user(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {}
  const id = async (kind: string) => Number((await promisify(execFile)('id', [kind, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

/**
 * Makes and starts a cluster, in a temporary folder of `parent`; undefined where PostgreSQL is not installed, unless
 * the environment says that it must be (`STINT_TEST_POSTGRES=required`, as CI does).
 */
export async function startCluster(parent = tmpdir()): Promise<Cluster | undefined> {
  const bin = programs()
  if (bin === undefined) {
    if (process.env['STINT_TEST_POSTGRES'] === 'required') throw new Error('PostgreSQL is not installed.')
    return undefined
  }
  const who = await user()
  const folder = mkdtempSync(join(parent, 'stint-postgres-'))
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid)
  const data = join(folder, 'data')
  const options = { ...who, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  )
  const port = await freePort()
  const url = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`
  let server: ChildProcess | undefined
  let databases = 0

  async function query(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url(database), connectionTimeoutMillis: 2_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query(text)).rows as Record<string, unknown>[]
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  const runs = () => server !== undefined && server.exitCode === null && server.signalCode === null

  async function start(): Promise<void> {
    if (runs()) return
    // After a crash it would fsync every file one by one, of which the databases of all tests have thousands.
    const settings = ['max_connections=60', 'recovery_init_sync_method=syncfs'].flatMap((one) => ['-c', one])
    const place = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '']
    server = spawn(join(bin ?? '', 'postgres'), [...place, ...settings], { ...options, stdio: 'ignore' })
    // A test that gives up leaves nobody behind.
    process.once('exit', () => server?.kill('SIGQUIT'))
    await answering()
  }

  /** Waits until it takes connections, which it does not while it recovers from a crash. */
  async function answering(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const failed = await query('SELECT 1').then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failed === undefined) return
      if (tries > 300 || !runs()) throw failed
      await sleep(100)
    }
  }

  /** Every row of every table that holds a secret, as text: in the files, long texts are compressed. */
  async function rowsWithSecrets(database: string): Promise<string> {
    const tables = await query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database)
    const selects = tables.map(
      ({ tablename }) =>
        `SELECT one::text AS text FROM "${String(tablename)}" AS one WHERE position('${canary}' IN one::text) > 0`,
    )
    if (selects.length === 0) return ''
    return JSON.stringify(await query(selects.join(' UNION ALL '), database))
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (!runs()) return
    const ended = new Promise((done) => server?.once('close', done))
    server?.kill(signal)
    await ended
  }

  /** The server's own process first, so that it starts no other. Those that were killed are gone when this resolves. */
  async function toAll(signal: NodeJS.Signals): Promise<void> {
    const pid = server?.pid
    if (pid === undefined || !runs()) return
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    const all = [pid, ...children.split(' ').filter(Boolean).map(Number)]
    const ended = new Promise((done) => server?.once('close', done))
    for (const one of all) send(one, signal)
    if (signal !== 'SIGKILL') return
    await ended
    while (all.some((one) => send(one, 0))) await sleep(20)
  }

  try {
    await start()
    const [row] = await query('SHOW server_version')
    return {
      version: String(row?.['server_version']),
      async fresh() {
        const name = `stint_${++databases}`
        await query(`CREATE DATABASE ${name}`)
        return url(name)
      },
      // To the postmaster SIGQUIT is an immediate shutdown (PostgreSQL manual, "Shutting Down the Server").
      crash: () => stop('SIGQUIT'),
      signal: toAll,
      start,
      async close() {
        const names = Array.from({ length: databases }, (_, nth) => `stint_${nth + 1}`)
        const running = server?.exitCode === null && server.signalCode === null
        if (running) await answering()
        const rows = running ? await Promise.all(names.map(rowsWithSecrets)) : []
        await stop('SIGQUIT')
        rmSync(folder, { recursive: true, force: true })
        mustHoldNoSecret(Object.fromEntries(rows.map((text, nth) => [`the database ${names[nth]}`, text])))
      },
    }
  } catch (error) {
    await stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** False where there is no such process any more. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Nobody listens there just now. PostgreSQL takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
