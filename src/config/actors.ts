import type { Issuer } from '../identity/issuer.js'
import { entries, present, type Path, type Report } from './fault.js'
import type { IssuerEntry, Items } from './file.js'
import { listed } from './known.js'
import { subjectFault } from './subjects.js'

/**
 * Nobody may approve the ask of their own run, so the person behind a run must be told by the same name as an
 * approver: `actors` says how, or that there is nobody. A directory of persons is theirs alone: a workload in it
 * could be taken for one.
 */
export function checkActors(
  issuers: readonly Issuer[],
  rows: Items<IssuerEntry> | undefined,
  report: Report,
): void {
  const persons = issuers.filter(({ kind }) => kind === 'person')
  const directories = new Set(persons.map(({ directory }) => directory))
  for (const [at, { kind, directory, claims, actors }] of present(rows)) {
    const path: Path = ['issuers', at, 'actors']
    if (kind === 'workload' && directory !== undefined && directories.has(directory))
      report(
        ['issuers', at, 'directory'],
        'is one of persons; say with actors who the persons behind the runs are',
      )
    if (actors === undefined) continue
    if (kind !== 'workload') report(path, 'is for workloads: a person stands for nobody else')
    else if (actors === 'none') {
      if (claims?.actor !== undefined)
        report(path, 'says that nobody is behind the runs, and claims.actor who is; write one of them')
    } else if (claims?.actor === undefined) report(path, 'needs claims.actor, the claim that names them')
    else if (typeof actors !== 'string') {
      for (const [name, subject] of entries(actors)) {
        const fault = subjectFault(subject, persons, 'issuer of persons')
        if (fault !== undefined) report([...path, name], fault)
      }
    } else if (!directories.has(actors))
      report(
        path,
        `names the directory ${actors}, which no issuer of persons has; there are ${listed([...directories])}`,
      )
  }
}
