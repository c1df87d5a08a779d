package org.wardkey.app.hybrid

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext
import org.wardkey.core.CtapAnswer
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOutcome
import org.wardkey.core.HybridPhoneInterface
import org.wardkey.core.Reason
import org.wardkey.core.Step
import kotlin.coroutines.CoroutineContext

/** Answers one CTAP2 command, command byte first: the provider, with the hardware and the person at hand. */
internal fun interface Authenticator {
    suspend fun answer(command: ByteArray): CtapAnswer
}

/** That [step] began at [at], in milliseconds on the driver's clock. */
internal data class Progress(val step: Step, val at: ULong)

/**
 * Runs one ceremony with another device: the hands of the core's [HybridPhoneInterface], which decides
 * everything and touches nothing.
 *
 * Knows nothing of Android: radio, socket and clock are given. Its only log is [progress], since what passes
 * through it (the tunnel's address, keys, commands) is secret.
 *
 * @property now milliseconds on a clock that never goes back, the same that the phone was made with
 */
internal class HybridDriver(
    private val tunnel: Tunnel,
    private val advertiser: Advertiser,
    private val now: () -> ULong,
    private val context: CoroutineContext = Dispatchers.Default,
) {
    private val steps = MutableStateFlow(emptyList<Progress>())
    private val calledOff = Channel<Unit>(Channel.CONFLATED)

    /** Every step so far, the current one last. */
    val progress: StateFlow<List<Progress>> = steps.asStateFlow()

    /** The person calls it off: the other device is told, and [run] returns soon. */
    fun callOff() {
        calledOff.trySend(Unit)
    }

    /**
     * Runs the ceremony to its end. Call it once.
     *
     * However it ends, cancellation included, nothing stays: no advert, no socket, and no key of a passkey
     * that was not finished. Throws nothing but the cancellation of its coroutine.
     */
    suspend fun run(phone: HybridPhoneInterface, authenticator: Authenticator): HybridOutcome = try {
        withContext(context) { drive(phone, authenticator) }
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (problem: Exception) {
        HybridOutcome.Failed(bug(problem))
    }

    private suspend fun drive(phone: HybridPhoneInterface, authenticator: Authenticator): HybridOutcome =
        coroutineScope {
            val inbox = Channel<HybridEvent>(WAITING_EVENTS)
            val hands = HybridHands(this, inbox, tunnel, advertiser)
            try {
                hands.untilFinished(phone, inbox) { authenticator.answerOrExplain(it) }
            } finally {
                inbox.cancel()
                hands.letGo()
            }
        }

    private suspend fun HybridHands.untilFinished(
        phone: HybridPhoneInterface,
        inbox: Channel<HybridEvent>,
        authenticator: Authenticator,
    ): HybridOutcome {
        var event: HybridEvent = HybridEvent.Started
        while (true) {
            val turn = phone.step(now(), event)
            for (order in turn.orders) {
                execute(order, authenticator, ::show)?.let { return it }
            }
            event = next(inbox, turn.deadline)
        }
    }

    private fun show(step: Step) = steps.update { it + Progress(step, now()) }

    @OptIn(ExperimentalCoroutinesApi::class)
    private suspend fun next(inbox: Channel<HybridEvent>, deadline: ULong?): HybridEvent = select {
        calledOff.onReceive { HybridEvent.Cancelled }
        inbox.onReceive { it }
        if (deadline != null) {
            onTimeout((deadline - minOf(deadline, now())).toLong()) { HybridEvent.TimedOut }
        }
    }

    /** An answer whatever happens: the other device must not be left waiting for a fault of this one. */
    private suspend fun Authenticator.answerOrExplain(command: ByteArray): CtapAnswer = try {
        answer(command)
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (problem: Exception) {
        CtapAnswer(byteArrayOf(CTAP1_ERR_OTHER), bug(problem))
    }

    /** What went wrong in this app itself. The exception's message is left out: it may quote a secret. */
    private fun bug(problem: Exception) = Failure(
        step = steps.value.lastOrNull()?.step ?: Step.CODE,
        reason = Reason.UNEXPECTED,
        detail = "a fault in the app: ${problem.javaClass.name}",
        domError = DomError.UNKNOWN,
    )

    private companion object {
        /** Events that may wait; who reports more waits as well, so that a flood stays in the network. */
        const val WAITING_EVENTS = 16
        const val CTAP1_ERR_OTHER: Byte = 0x7f
    }
}
