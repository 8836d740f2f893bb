import { formatDuration } from '../../time.js'
import { numberIn, textIn, textsIn, type Told } from '../told.js'
import type { Finding, Matter, Row } from './finding.js'
import type { Observed } from './observed.js'

/** What befell the record and the rules, and who looked. */
export function keepingFindings({ observed }: Matter): readonly Finding[] {
  const { acts, backwards, reads } = observed
  const of = (...kinds: readonly string[]) =>
    acts
      .filter(({ kind }) => kinds.includes(kind))
      .map((told) => ({ at: told.at, who: told.by, text: wordsOf(told) }))
  return [
    {
      id: 'restored',
      weight: 'look',
      title: 'The record was restored',
      rule: 'An operator declared an older copy of the store to be the record: grants and issuances after its head are missing.',
      rows: of('log.restored'),
    },
    {
      id: 'clock',
      weight: 'look',
      title: 'The clock went backwards',
      rule: 'An event says that it happened more than a minute before the one before it.',
      rows: backwards.map(({ seq, at, by }) => ({ at, text: `event ${seq}, by ${formatDuration(by)}` })),
    },
    {
      id: 'deny-failed',
      weight: 'look',
      title: 'AWS did not take a Deny',
      rule: 'What a revocation was to deny could not be written on a role at that time. It is tried again until it is.',
      rows: of('revocation.failed'),
    },
    {
      id: 'blocks',
      weight: 'note',
      title: 'Persons, roles and accounts revoked and restored',
      rule: 'A revocation was placed or lifted.',
      rows: of('revocation.placed', 'revocation.lifted'),
    },
    {
      id: 'config',
      weight: 'note',
      title: 'The configuration changed',
      rule: 'Rules were loaded that are not those loaded before, or were refused. Starts with the same rules are not told.',
      rows: changes(observed),
    },
    {
      id: 'keys',
      weight: 'note',
      title: 'Other keys sign',
      rule: 'Which keys sign checkpoints from then on.',
      rows: of('log.keys'),
    },
    {
      id: 'retention',
      weight: 'note',
      title: 'Events were archived or dropped, the store was migrated or copied',
      rule: 'What operators did to the record itself. What was dropped is in the archive that the record names.',
      rows: of('log.archived', 'log.dropped', 'log.migrated', 'log.copied'),
    },
    {
      id: 'readers',
      weight: 'note',
      title: 'Who looked',
      rule: 'Reads of the record and searches of what others had, by auditors and operators.',
      rows: [...reads].map(([who, times]) => ({ who, text: times === 1 ? 'once' : `${times} times` })),
    },
  ]
}

function changes({ acts, config: { before: first } }: Observed): readonly Row[] {
  let before = first
  return acts.flatMap((told) => {
    const config = textIn(told.data, 'config')
    const other = told.kind === 'config.loaded' && config !== before
    if (told.kind === 'config.loaded') before = config
    if (!other && told.kind !== 'config.refused') return []
    return [{ at: told.at, who: told.by, text: wordsOf(told) }]
  })
}

function wordsOf({ kind, data }: Told): string {
  const [of, name, reason] = [textIn(data, 'of'), textIn(data, 'name'), textIn(data, 'reason')]
  const target = of === 'all' ? 'everything' : `${of ?? ''} ${name ?? ''}`
  switch (kind) {
    case 'config.loaded':
      return `loaded ${textIn(data, 'config') ?? ''}`
    case 'config.refused':
      return `refused a new one; ${textIn(data, 'config') ?? ''} stayed`
    case 'log.restored':
      return `found ${textIn(data, 'found') ?? ''}, expected ${textIn(data, 'expected') ?? ''}: ${reason ?? ''}`
    case 'revocation.placed':
      return `revoked ${target}: ${reason ?? ''}`
    case 'revocation.lifted':
      return `lifted ${target}: ${reason ?? ''}`
    case 'revocation.failed':
      return `${textIn(data, 'arn') ?? ''}: ${textIn(data, 'fault') ?? ''} ${textIn(data, 'detail') ?? ''}`
    case 'log.archived':
    case 'log.dropped':
      return `${kind.slice(4)} events ${numberIn(data, 'first') ?? '?'} to ${numberIn(data, 'last') ?? '?'}`
    case 'log.migrated':
    case 'log.copied':
      return kind.slice(4)
    default:
      return textsIn(data, 'keys').join(', ')
  }
}
