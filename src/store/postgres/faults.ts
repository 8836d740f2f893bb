import { Fault } from '../../fault.js'

/** What an SQLSTATE (PostgreSQL manual, appendix A), or its class, means to whoever runs Stint. */
const sentences: Readonly<Record<string, string>> = {
  '08': unreachable(),
  '28': 'The database does not let Stint in. Check the user and the password in STINT_STORE.',
  '3D': 'There is no database of that name. Create it, for a user of its own.',
  '42501': "The database's user may not do that. It must own Stint's tables.",
  '25006': 'The database takes no writes: it is a standby, or read-only. Point STINT_STORE at the primary.',
  '53100': 'The disk of the database is full. Make room on it, then try again.',
  '53300': 'The database has no connection free. Raise max_connections, or run fewer replicas.',
  '55P03': 'Somebody else holds the record locked. If it stays so, look for who in pg_stat_activity.',
  '57': 'The database is starting or stopping. Try again in a moment.',
  '57014': 'The database took too long to answer. Look at its load and its disk.',
  '58': 'The disk of the database does not read or write as it should.',
  XX: 'The database is damaged. Stop Stint and restore it from a backup.',
}

function unreachable(): string {
  return 'The database cannot be reached. Check that it runs and that STINT_STORE names it.'
}

/** What goes wrong before there is a server to answer, by the driver's and Node's own words. */
const beforehand: readonly (readonly [RegExp, string])[] = [
  [/^SASL/, 'The database wants a password, or another one. Give it in PGPASSWORD, .pgpass or STINT_STORE.'],
  [
    /CERT|UNABLE_TO|ERR_TLS|self.signed|certificate|does not support SSL/i,
    "The database's certificate does not hold. Check sslmode and sslrootcert in STINT_STORE.",
  ],
]

/** The SQLSTATE of an error of the server; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error)
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined
}

/** The query builder wraps what the driver threw. */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error

function codeOf(error: unknown): string | undefined {
  const root = rootOf(error)
  return root instanceof Error && 'code' in root && typeof root.code === 'string' ? root.code : undefined
}

/**
 * Whether the connection is of no more use: the server ended it (shutdown, or a transaction that was left
 * open too long), the network did, or the driver gave up waiting. What was not committed is undone then.
 */
export function isLost(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined) return /^(08|57P|25P03)/.test(state)
  const root = rootOf(error)
  return root instanceof Error && !(root instanceof Fault) && isOfTheDriver(root)
}

const isOfTheDriver = (error: Error): boolean =>
  codeOf(error)?.startsWith('E') === true ||
  /^(Connection terminated|Client (was closed|has encountered)|Query read timeout|timeout e|The server does not)/.test(
    error.message,
  )

/** Whether the server refused what it was given, and so would refuse it again. */
export const isOfTheData = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '')

/**
 * Whatever was thrown, as a fault. What is said of the database is `store_unavailable`; a broken constraint
 * or a bug is `internal`. Nothing of the server's own message is shown: it may quote values.
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  const cause = rootOf(error)
  const state = sqlState(error)
  if (state === undefined && cause instanceof Error) {
    const [, detail] =
      beforehand.find(([words]) => words.test(`${codeOf(error) ?? ''} ${cause.message}`.trim())) ?? []
    if (detail !== undefined) return new Fault('store_unavailable', detail, { cause })
  }
  if (state === undefined && !isLost(error)) {
    return new Fault('internal', 'The store was given something that it cannot keep.', { cause })
  }
  if (state !== undefined && /^(22|23|42(?!501)|54|0A)/.test(state)) {
    return new Fault('internal', 'The store was given something that it cannot keep.', { cause })
  }
  const detail =
    state === undefined
      ? unreachable()
      : (sentences[state] ??
        sentences[state.slice(0, 2)] ??
        'The database cannot be used. The log says what it answered.')
  return new Fault('store_unavailable', detail, { cause })
}
