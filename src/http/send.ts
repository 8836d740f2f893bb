import type { FastifyReply } from 'fastify'
import { json } from './accept.js'

/** Answers with a value as JSON. */
export const send = (reply: FastifyReply, value: object): FastifyReply =>
  reply.type(`${json}; charset=utf-8`).send(JSON.stringify(value))
