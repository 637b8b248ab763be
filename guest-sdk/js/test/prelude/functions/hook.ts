// Redwood's receiver for webhooks that Discourse signs, as its documentation has it; beside it, in `other`, what must be refused.
import type { APIGatewayEvent } from 'aws-lambda'
import {
  verifyEvent,
  VerifyOptions,
  WebhookVerificationError,
} from '@redwoodjs/api/webhooks'

import { logger } from 'src/lib/logger'

const other = (event: APIGatewayEvent) => {
  switch (event.path) {
    case '/hook/other-secret':
      return verifyEvent('sha256Verifier', { event, secret: process.env.OTHER_SECRET, options: { signatureHeader: 'X-Discourse-Event-Signature' } })
    case '/hook/other-verifier':
      return verifyEvent('sha1Verifier', { event, secret: process.env.DISCOURSE_WEBHOOK_SECRET, options: { signatureHeader: 'X-Discourse-Event-Signature' } })
    case '/hook/other-payload':
      return verifyEvent('sha256Verifier', { event, payload: '{}', secret: process.env.DISCOURSE_WEBHOOK_SECRET, options: { signatureHeader: 'X-Discourse-Event-Signature' } })
  }
}

export const handler = async (event: APIGatewayEvent) => {
  const discourseInfo = { webhook: 'discourse' }
  const webhookLogger = logger.child({ discourseInfo })

  webhookLogger.trace('Invoked discourseWebhook function')

  try {
    const options = {
      signatureHeader: 'X-Discourse-Event-Signature',
    } as VerifyOptions

    verifyEvent('sha256Verifier', {
      event,
      secret: process.env.DISCOURSE_WEBHOOK_SECRET,
      options,
    })
    other(event)

    webhookLogger.debug({ headers: event.headers }, 'Headers')

    const payload = JSON.parse(event.body)

    webhookLogger.debug({ payload }, 'Body payload')

    return {
      headers: {
        'Content-Type': 'application/json',
      },
      statusCode: 200,
      body: JSON.stringify({
        data: payload,
      }),
    }
  } catch (error) {
    if (error instanceof WebhookVerificationError) {
      webhookLogger.warn('Unauthorized')

      return {
        statusCode: 401,
      }
    } else {
      webhookLogger.error({ error }, error.message)

      return {
        headers: {
          'Content-Type': 'application/json',
        },
        statusCode: 500,
        body: JSON.stringify({
          error: error.message,
        }),
      }
    }
  }
}
