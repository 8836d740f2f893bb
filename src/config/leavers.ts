import type { Issuer } from '../identity/issuer.js'
import { holdsEmail } from '../identity/subject.js'
import type { Environment } from './environment.js'
import type { ConfigFault, Report } from './fault.js'
import type { ConfigFile } from './file.js'
import { listed } from './known.js'

/** How a directory tells of leavers by itself. Secrets come from the environment alone. */
export interface Leavers {
  /** The directory that it may tell of, and of no other. */
  readonly directory: string
  /** Whether subjects there are e-mail addresses. */
  readonly email: boolean
  /** What a message is signed with. */
  readonly secret?: string
  /** What Okta sends as its `Authorization`. */
  readonly oktaKey?: string
}

export const leaversVariables = ['STINT_LEAVERS_SECRET', 'STINT_LEAVERS_OKTA_KEY'] as const

const visible = /^[\x21-\x7e]{32,256}$/

/** Reads `leavers` with its part of the environment; undefined where no directory tells of them. */
export function readLeavers(
  entry: ConfigFile['leavers'],
  issuers: readonly Issuer[],
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): Leavers | undefined {
  const set = leaversVariables.filter((name) => env[name] !== undefined)
  for (const path of set) {
    if (!entry) note({ path, message: 'is of no use without the section leavers' })
    else if (!visible.test(env[path] ?? '')) note({ path, message: 'must be 32 to 256 visible characters' })
  }
  if (!entry) return undefined
  if (set.length === 0) report(['leavers'], `needs one of ${leaversVariables.join(', ')} in the environment`)
  const { directory = '' } = entry
  const persons = issuers.filter(({ kind }) => kind === 'person')
  const known = persons.find((issuer) => issuer.directory === directory)
  if (directory !== '' && !known)
    report(
      ['leavers', 'directory'],
      `is the directory of no issuer of persons; there are ${listed([...new Set(persons.map((one) => one.directory))])}`,
    )
  const [secret, oktaKey] = leaversVariables.map((name) => env[name])
  return {
    directory,
    email: known !== undefined && holdsEmail(known.claims.subject),
    ...(secret !== undefined && { secret }),
    ...(oktaKey !== undefined && { oktaKey }),
  }
}
