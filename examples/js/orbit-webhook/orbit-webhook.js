// A file as it is in a Redwood app, with a secret in a header.
import { verifyEvent, WebhookVerificationError } from '@redwoodjs/api/webhooks'

import { logger } from 'src/lib/logger'

const webhookDetails = (event) => ({
  webhook: 'orbitWebhook-background',
  orbitEvent: event.headers['x-orbit-event'] || '',
  orbitEventId: event.headers['x-orbit-event-id'] || '',
  orbitEventType: event.headers['x-orbit-event-type'] || '',
})

export const handler = async (event) => {
  const orbitInfo = webhookDetails(event)
  const webhookLogger = logger.child({ orbitInfo })

  webhookLogger.info(`>> in webhook`)

  try {
    verifyEvent('secretKeyVerifier', {
      event,
      secret: process.env.ORBIT_WEBHOOK_SECRET,
      options: { signatureHeader: 'X-Orbit-Signature' },
    })

    if (orbitInfo.orbitEventType === 'activity:created') {
      return {
        headers: { 'Content-Type': 'application/json' },
        statusCode: 200,
        body: JSON.stringify({ data: 'orbitWebhook done' }),
      }
    } else {
      webhookLogger.warn(`Unsupported Orbit Event Type: ${orbitInfo.orbitEventType}`)
      return {
        headers: { 'Content-Type': 'application/json' },
        statusCode: 400,
        body: JSON.stringify({ data: `Unsupported Orbit Event Type: ${orbitInfo.orbitEventType}` }),
      }
    }
  } catch (error) {
    if (error instanceof WebhookVerificationError) {
      webhookLogger.warn('Unauthorized')
      return { statusCode: 401 }
    } else {
      webhookLogger.error({ error }, error.message)
      return {
        headers: { 'Content-Type': 'application/json' },
        statusCode: 500,
        body: JSON.stringify({ error: error.message }),
      }
    }
  }
}
