import type { Aftermath } from '../grant/aftermath.js'
import { iso } from '../time.js'
import type * as Contract from './contract.js'
import type { Wire } from './wire.js'

export const renderAftermath = (aftermath: Aftermath): Wire<Contract.Aftermath> => ({
  until: iso(aftermath.until),
  aws: aftermath.aws,
  writtenAt: aftermath.writtenAt === undefined ? undefined : iso(aftermath.writtenAt),
  fault: aftermath.fault,
  detail: aftermath.detail,
})
