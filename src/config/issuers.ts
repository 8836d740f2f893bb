import type { Scalar } from '../approval/who.js'
import { isSafeUrl } from '../identity/fetch-json.js'
import { algorithms, type Algorithm, type Issuer } from '../identity/issuer.js'
import { holdsEmail } from '../identity/subject.js'
import { day, minute, readDuration } from './durations.js'
import { entries, items, present, type Path, type Report } from './fault.js'
import type { IssuerEntry, Items, Named, ScalarsEntry } from './file.js'

const usual: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

/** Compiles `issuers`. No two may be the same but for spelling: a token names exactly one. */
export function compileIssuers(rows: Items<IssuerEntry> | undefined, report: Report): readonly Issuer[] {
  const seen = new Map<string, string>()
  const emails = new Set(
    items(rows)
      .filter((row) => holdsEmail(subjectClaim(row)))
      .map(directoryName),
  )
  return [...present(rows)].map(([at, row]) => {
    const path: Path = ['issuers', at]
    if (row.issuer !== undefined) {
      checkUrl(row.issuer, [...path, 'issuer'], report)
      const alike = row.issuer.toLowerCase().replace(/\/+$/, '')
      const before = seen.get(alike)
      if (before !== undefined)
        report([...path, 'issuer'], `is the same issuer as ${before}; each is configured once`)
      seen.set(alike, row.issuer)
    }
    if (row.jwks !== undefined && !isSafeUrl(row.jwks)) {
      report([...path, 'jwks'], 'must be an https URL (http on loopback only) without credentials')
    }
    return compileIssuer(row, emails, path, report)
  })
}

/** `iss` is compared as text, so a URL is taken in its one plain spelling only. */
function checkUrl(text: string, path: Path, report: Report): void {
  if (!isSafeUrl(text))
    return report(path, 'must be an https URL (http on loopback only) without credentials')
  const { href, search, hash } = new URL(text)
  if (search !== '' || hash !== '' || /[?#]/.test(text))
    return report(path, 'must have no query and no fragment')
  if (href !== text && href !== `${text}/`)
    report(path, `must be written plainly, as its tokens have it: ${href}`)
}

const directoryName = ({ directory, issuer = '' }: IssuerEntry): string => directory ?? issuer
const subjectClaim = ({ claims }: IssuerEntry): string => claims?.subject ?? 'sub'

/** `emails` are the directories whose subjects are e-mail addresses. */
function compileIssuer(row: IssuerEntry, emails: ReadonlySet<string>, path: Path, report: Report): Issuer {
  const { issuer = '', kind = 'person', claims = {} } = row
  if (emails.has(directoryName(row)) && !holdsEmail(subjectClaim(row))) {
    report(
      [...path, 'claims', 'subject'],
      `must be a claim of e-mail addresses, as with the other issuers of ${directoryName(row)}: one person has one subject there`,
    )
  }
  if (kind === 'person' && claims.actor !== undefined) {
    report([...path, 'claims', 'actor'], 'is for workloads: a person stands for nobody else')
  }
  const types = items(row.types).map((type) => type.toLowerCase().replace(/^application\//, ''))
  // CI systems sign what is an ID token in form: typ JWT, and no scope.
  const token = row.token ?? (kind === 'workload' ? 'id' : 'access')
  if (token === 'id' && types.includes('at+jwt')) {
    report([...path, 'types'], 'names at+jwt, which no ID token has; access tokens need `token: access`')
  }
  return {
    issuer,
    directory: directoryName(row),
    kind,
    token,
    types,
    audience: row.audience ?? '',
    clients: items(row.clients),
    claims: {
      subject: subjectClaim(row),
      ...(claims.groups !== undefined && { groups: claims.groups }),
      ...(claims.actor !== undefined && { actor: claims.actor }),
      keep: items(claims.keep),
    },
    ...(row.actors !== undefined && { actors: readActors(row.actors, emails) }),
    require: readScalars(row.require),
    algorithms: row.algorithms ? algorithms.filter((name) => items(row.algorithms).includes(name)) : usual,
    ...(row.jwks !== undefined && { jwks: row.jwks }),
    maxAge: readDuration(report, [...path, 'maxAge'], row.maxAge, {
      least: minute,
      most: day,
      otherwise: day,
    }),
  }
}

function readActors(
  actors: NonNullable<IssuerEntry['actors']>,
  emails: ReadonlySet<string>,
): NonNullable<Issuer['actors']> {
  if (actors === 'none') return actors
  return typeof actors === 'string'
    ? { directory: actors, email: emails.has(actors) }
    : { names: Object.fromEntries(entries(actors)) }
}

/** One value is a list of one. */
export const readScalars = (
  map: Named<ScalarsEntry> | undefined,
): Readonly<Record<string, readonly Scalar[]>> =>
  Object.fromEntries([...entries(map)].map(([name, value]) => [name, isList(value) ? items(value) : [value]]))

const isList = (value: ScalarsEntry): value is Items<Scalar> => Array.isArray(value)
