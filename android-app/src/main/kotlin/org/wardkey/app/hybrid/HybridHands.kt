package org.wardkey.app.hybrid

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.channels.trySendBlocking
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Step
import kotlin.time.Duration.Companion.seconds

/**
 * Carries out the core's orders in one ceremony, and holds what they brought about.
 *
 * @property scope of the ceremony: what is started here ends with it
 * @property inbox where everything that happens is reported
 */
internal class HybridHands(
    private val scope: CoroutineScope,
    private val inbox: SendChannel<HybridEvent>,
    private val tunnel: Tunnel,
    private val advertiser: Advertiser,
) {
    private var connection: TunnelConnection? = null
    private var goodbye: Job? = null
    private var answering: Job? = null

    /** Does as told; returns the outcome when the order says that it is over. */
    suspend fun execute(order: HybridOrder, authenticator: Authenticator, show: (Step) -> Unit): HybridOutcome? {
        when (order) {
            is HybridOrder.Show -> show(order.step)
            is HybridOrder.Connect -> connection = tunnel.connect(order) { inbox.trySendBlocking(it) }
            is HybridOrder.Advertise -> advertise(order.serviceData)
            is HybridOrder.StopAdvertising -> advertiser.stop()
            is HybridOrder.Send -> connection?.send(order.bytes)
            is HybridOrder.Answer -> answering = scope.launch { answer(order.command, authenticator) }
            // The core's half is dropped, and a key that it made deleted, before the ceremony ends.
            is HybridOrder.CancelAnswer -> answering?.cancel()
            is HybridOrder.Close -> goodbye = scope.launch { connection?.close() }
            is HybridOrder.Finished -> return order.outcome.also { hearGoodbye() }
        }
        return null
    }

    /** Ends whatever is still going on. Never suspends, so that a cancelled ceremony can do it. */
    fun letGo() {
        advertiser.stop()
        answering?.cancel()
        goodbye?.cancel()
        connection?.abort()
    }

    /** In a job of its own: the radio reports from the main thread, which must not wait. */
    private fun advertise(serviceData: ByteArray) = advertiser.advertise(serviceData) { problem ->
        scope.launch { inbox.send(HybridEvent.RadioFailed(problem)) }
    }

    private suspend fun answer(command: ByteArray, authenticator: Authenticator) {
        inbox.send(HybridEvent.Answered(authenticator.answer(command)))
    }

    /** A passkey is made or used by now: a goodbye that nobody hears is no reason to fail. */
    private suspend fun hearGoodbye() {
        goodbye?.let { withTimeoutOrNull(GOODBYE) { it.join() } }
    }

    private companion object {
        /** How long the other side may take to say goodbye. */
        val GOODBYE = 2.seconds
    }
}
