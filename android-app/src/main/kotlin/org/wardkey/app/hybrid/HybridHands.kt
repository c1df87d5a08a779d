package org.wardkey.app.hybrid

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.channels.trySendBlocking
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.wardkey.core.CtapAnswer
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.Reason
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

    /** What became of the last command that makes or uses a passkey; its first byte, and the answer. */
    private var answered: Pair<Byte, CtapAnswer>? = null

    /** Does as told; returns the outcome when the order says that it is over. */
    suspend fun execute(order: HybridOrder, authenticator: Authenticator, show: (Step) -> Unit): Outcome? {
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
            is HybridOrder.Finished -> return outcome(order.failure)
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
        val answer = authenticator.answer(command)
        val kind = command.firstOrNull()
        if (kind == MAKE_CREDENTIAL || kind == GET_ASSERTION) answered = kind to answer
        inbox.send(HybridEvent.Answered(answer.message))
    }

    private suspend fun outcome(failure: Failure?): Outcome {
        // A passkey is made or used by now: a goodbye that nobody hears is no reason to fail.
        goodbye?.let { withTimeoutOrNull(GOODBYE) { it.join() } }
        val (kind, answer) = answered ?: return Outcome.Failed(failure ?: nothingAsked())
        // Why this phone refused says more to its owner than how the other device took it.
        val cause = answer.failure ?: failure
        if (cause != null) return Outcome.Failed(cause)
        return Outcome.Done(kind == MAKE_CREDENTIAL, answer.witness)
    }

    private fun nothingAsked() = Failure(
        step = Step.COMMAND,
        reason = Reason.OTHER_DEVICE_LEFT,
        detail = "the other device ended the connection without asking for anything",
        domError = DomError.NOT_ALLOWED,
    )

    private companion object {
        /** authenticatorMakeCredential, CTAP 2.1 §6.1. */
        const val MAKE_CREDENTIAL: Byte = 0x01

        /** authenticatorGetAssertion, CTAP 2.1 §6.2. */
        const val GET_ASSERTION: Byte = 0x02

        /** How long the other side may take to say goodbye. */
        val GOODBYE = 2.seconds
    }
}
