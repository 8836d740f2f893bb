import type { Duration, Instant } from '../../time.js'
import type { History, Issued } from '../history.js'
import type { Assumption, Call } from './call.js'

/** An issuance on the record, with the grant that it is of. */
export interface Known {
  readonly grant: History
  readonly issued: Issued
}

/** Issuances by all that CloudTrail shows of their sessions. */
export interface Issuances {
  /**
   * The issuance that an assumption is of: by the access key id or the request id on the record, or by the session's name
   * at the time when Stint called STS, since an answer may be lost and the call repeated. A name alone is no proof:
   * everybody who may read CloudTrail knows it.
   */
  assumedBy(call: Call, assumption: Assumption): Known | undefined
  /** The issuance that a session's call names, by its key or by its role and name. */
  calling(call: Call): Known | undefined
  all(): Iterable<Known>
}

/** Clocks differ, and an event's time is cut to the second. */
export const tolerated: Duration = 60_000

/** For so long STS is waited for and called again at the very most. */
const answering: Duration = 60_000

/** When STS was called and had answered. */
export interface Times {
  readonly startedAt: Instant
  readonly finishedAt: Instant | undefined
}

export const isThen = (at: Instant, { startedAt, finishedAt }: Times): boolean =>
  at >= startedAt - tolerated && at <= (finishedAt ?? startedAt + answering) + tolerated

/** AWS's part of an assumed-role id is before the colon, the session's name after it. */
const nameIn = (id: string | undefined): string | undefined => id?.slice(id.indexOf(':') + 1)

/** Indexes what the record has issued, `failed` ones too: STS may have answered somebody who had gone. */
export function indexIssuances(histories: Iterable<History>): Issuances {
  const known: Known[] = []
  const [keys, requests, names] = [
    new Map<string, Known>(),
    new Map<string, Known>(),
    new Map<string, Known>(),
  ]
  const put = (map: Map<string, Known>, name: string | undefined, one: Known) => {
    if (name !== undefined) map.set(name, one)
  }
  for (const grant of histories)
    for (const issued of grant.issuances) {
      const one = { grant, issued }
      known.push(one)
      put(keys, issued.accessKeyId, one)
      put(requests, issued.stsRequestId, one)
      put(names, issued.sessionName, one)
    }
  const named = (name: string | undefined, role: string | undefined): Known | undefined => {
    const found = name === undefined ? undefined : names.get(name)
    return role === undefined || found?.issued.roleArn === role ? found : undefined
  }
  return {
    assumedBy({ at, requestId }, { roleArn, sessionName, accessKeyId }) {
      const sure = keys.get(accessKeyId ?? '') ?? requests.get(requestId ?? '')
      if (sure) return sure.issued.roleArn === roleArn ? sure : undefined
      const found = named(sessionName, roleArn)
      return found && isThen(at, found.issued) ? found : undefined
    },
    calling: ({ by }) => keys.get(by.accessKeyId ?? '') ?? named(nameIn(by.id), by.role),
    all: () => known,
  }
}
