import type { FastifyRequest } from 'fastify'
import type { Block } from '../decision/block.js'
import type { Broker } from '../grant/broker.js'
import type { Revoked, Wish } from '../grant/revoke.js'
import { iso } from '../time.js'
import { json } from './accept.js'
import { callOf } from './authenticate.js'
import type * as Contract from './contract.js'
import type { Operation } from './handlers.js'
import { renderAftermath } from './render-aftermath.js'
import { formOf, idOf, reasonOf } from './requests.js'
import { send } from './send.js'
import type { Verbs } from './verbs.js'
import type { Wire } from './wire.js'

/** The operations on revocations of a person, a role, an account or everything. */
export function revocationOperations(broker: Broker, verbs: Verbs): Readonly<Record<string, Operation>> {
  return {
    placeRevocation: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        const { of, name = '', reason } = request.body as Partial<Wish> & Pick<Wish, 'of' | 'reason'>
        const revoked = await verbs.revoke(broker, callOf(request), { of, name, reason })
        return send(
          reply.code(201).header('Location', `/v1/revocations/${revoked.block.id}`),
          renderRevoked(revoked),
        )
      },
    },
    liftRevocation: {
      bucket: 'votes',
      async handler(request, reply) {
        formOf(request, [json])
        const lifted = await verbs.lift(broker, callOf(request), idOf(request), reasonOf(request) ?? '')
        return send(reply, renderBlock(lifted))
      },
    },
    readRevocation: {
      bucket: 'reads',
      async handler(request, reply) {
        formOf(request, [json])
        return send(reply, renderRevoked(await verbs.revocation(broker, callOf(request), idOf(request))))
      },
    },
    listRevocations: {
      bucket: 'searches',
      async handler(request, reply) {
        formOf(request, [json])
        const { items, next } = await verbs.revocations(broker, callOf(request), pageOf(request))
        return send(reply, { revocations: items.map(renderBlock), next })
      },
    },
  }
}

const pageOf = (request: FastifyRequest) =>
  request.query as { readonly before?: string; readonly limit: number }

const renderRevoked = ({ block, closed, aftermath }: Revoked): Wire<Contract.Revocation> => ({
  ...renderBlock(block),
  closed,
  roles: aftermath.map(({ arn, role, ...rest }) => ({ arn, role, ...renderAftermath(rest) })),
})

const renderBlock = ({ id, of, name, reason, by, at, lifted }: Block): Wire<Contract.Revocation> => ({
  id,
  of,
  name: name === '' ? undefined : name,
  reason,
  by,
  at: iso(at),
  lifted: lifted && { by: lifted.by, at: iso(lifted.at), reason: lifted.reason },
})
