import { directoryOf } from '../identity/caller.js'
import type { Issuer } from '../identity/issuer.js'
import { canonicalEmail, holdsEmail } from '../identity/subject.js'
import { listed } from './known.js'

/**
 * What is wrong with a subject of the configuration, in a sentence: the `issuers` yield none like it. One that is
 * not spelt as tokens are read would name nobody, and a deny entry or a map of actors would fail to hold somebody.
 */
export function subjectFault(subject: string, issuers: readonly Issuer[], whose: string): string | undefined {
  const directory = directoryOf(subject)
  const yielding = issuers.filter((issuer) => issuer.directory === directory)
  if (yielding.length === 0) {
    const directories = [...new Set(issuers.map((issuer) => issuer.directory))]
    return `names the directory ${directory}, which no ${whose} has; there are ${listed(directories)}`
  }
  if (!yielding.some(({ claims }) => holdsEmail(claims.subject))) return undefined
  const name = subject.slice(directory.length + 1)
  const email = canonicalEmail(name)
  if (email === undefined) return `is no e-mail address, which all subjects of ${directory} are`
  return email === name ? undefined : `must be spelt as it is compared: ${directory}#${email}`
}
