package org.wardkey.app

import android.util.Log
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step

/**
 * Does [work] with the core, which is opened if it is not yet: not on the main thread.
 *
 * Throws nothing but [PasskeyException] and the cancellation of its coroutine. What should never happen comes
 * out as [Reason.UNEXPECTED] at [step], which every screen has words for: a package without the library for
 * this processor, a panic in the core, a mistake in the app.
 */
@Suppress("TooGenericExceptionCaught")
internal suspend fun <T> WardkeyApplication.withCore(step: Step, work: suspend (Wardkey) -> T): T = try {
    work(wardkey)
} catch (failure: PasskeyException) {
    throw failure
} catch (cancelled: CancellationException) {
    currentCoroutineContext().ensureActive()
    throw unexpected(step, "a fault in the app", cancelled)
} catch (failure: LinkageError) {
    throw unexpected(step, "the core does not load", failure)
} catch (failure: Exception) {
    throw unexpected(step, "a fault in the app", failure)
}

/** Tells the class of [thrown] alone: a message may quote what nobody should see. */
private fun unexpected(step: Step, what: String, thrown: Throwable): PasskeyException {
    val detail = "$what: ${thrown.javaClass.name}"
    Log.e("Wardkey", detail)
    return PasskeyException.Internal(Failure(step, Reason.UNEXPECTED, detail, DomError.UNKNOWN))
        .apply { initCause(thrown) }
}
