import { textIn, type Told } from '../told.js'
import type { Assumption, Call } from './call.js'
import { isThen, type Times } from './issuances.js'

/** Sessions that Stint made to see whether it can, as `stint roles check` does. Nobody has their credentials. */
export interface Checks {
  take(told: Told): void
  /** Whether an assumption is of one of them: by a key or a request id on the record, or by name at that time. */
  made(call: Call, assumption: Assumption): boolean
}

interface Check extends Times {
  readonly arn: string
  finishedAt: number | undefined
}

/** Folds `check.started` and `check.done`, in memory that grows with them. */
export function createChecks(): Checks {
  const byName = new Map<string, Check>()
  const byId = new Map<string, Check>()
  return {
    take({ kind, at, data }) {
      const [name, arn] = [textIn(data, 'sessionName'), textIn(data, 'arn')]
      if (name === undefined || arn === undefined) return
      if (kind === 'check.started') byName.set(name, { arn, startedAt: at, finishedAt: undefined })
      const check = byName.get(name)
      if (kind !== 'check.done' || !check) return
      check.finishedAt = at
      for (const id of [textIn(data, 'accessKeyId'), textIn(data, 'stsRequestId')])
        if (id !== undefined) byId.set(id, check)
    },
    made({ at, requestId }, { roleArn, accessKeyId, sessionName }) {
      const sure = byId.get(accessKeyId ?? '') ?? byId.get(requestId ?? '')
      const named = byName.get(sessionName ?? '')
      const found = sure ?? (named && isThen(at, named) ? named : undefined)
      return found?.arn === roleArn
    },
  }
}
