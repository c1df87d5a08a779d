package org.wardkey.app.provider

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.SystemClock
import android.util.Log
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.Wardkey
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.words.failure
import org.wardkey.core.HardwareKeys
import org.wardkey.core.PasskeyException
import org.wardkey.core.UserInterface

/**
 * Where a chosen line of Android's selector leads: one ceremony from the request in the intent to the result
 * for whoever asked. It shows nothing of its own; the prompt and what else the person sees come on top.
 *
 * Every way out leaves a result with [RESULT_OK], an answer or an exception, as Android wants it: anything
 * else would put the person before the selector again with nothing to tell what happened.
 *
 * A turned phone changes nothing, because the manifest keeps such changes away from these activities. An
 * activity that Android makes anew belongs to a ceremony that died with its process.
 */
internal abstract class CeremonyActivity<E : Exception> : Activity() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)

    /** What a ceremony runs on. */
    protected class Parts(val wardkey: Wardkey, val keys: HardwareKeys, val user: UserInterface)

    final override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        // For every end that does not come past here, such as the back gesture.
        setResult(RESULT_OK, resultOf(cancelled()))
        if (savedInstanceState != null || !isFresh()) return finishWith(resultOf(interrupted()))
        scope.launch { finishWith(outcome()) }
    }

    /** Also calls the ceremony off: a key that was being made for it is deleted. */
    final override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Holds the ceremony and returns the result for Android. Not on the main thread. */
    protected abstract suspend fun perform(parts: Parts): Intent

    protected abstract fun resultOf(exception: E): Intent

    protected abstract fun exceptionOf(failure: PasskeyException): E

    /** The request cannot be read: the caller's fault, or nobody's who would read a message. */
    protected abstract fun malformed(failure: MalformedRequest): E

    protected abstract fun cancelled(): E

    protected abstract fun interrupted(): E

    protected abstract fun unknown(): E

    /** The exceptions of the ceremony as a result; what is none of the expected ones is a bug, and logged. */
    private suspend fun outcome(): Intent = try {
        val application = application as WardkeyApplication
        val keys = application.keys(this)
        val user = ChosenInSelector(application.user(this))
        withContext(Dispatchers.IO) { perform(Parts(application.wardkey, keys, user)) }
    } catch (failure: PasskeyException) {
        Log.w(TAG, "ceremony: ${failure.failure.step} ${failure.failure.reason}")
        resultOf(exceptionOf(failure))
    } catch (failure: MalformedRequest) {
        Log.w(TAG, "request: ${failure.message}")
        resultOf(malformed(failure))
    } catch (failure: CancellationException) {
        throw failure
    } catch (failure: Exception) {
        Log.e(TAG, "ceremony", failure)
        resultOf(unknown())
    }

    /**
     * A selector that was left open: whoever asked has long given up, and their challenge is not valid any
     * more.
     */
    private fun isFresh(): Boolean {
        if (!intent.hasExtra(ProviderEntries.EXTRA_OFFERED)) return false
        val offered = intent.getLongExtra(ProviderEntries.EXTRA_OFFERED, 0)
        return SystemClock.elapsedRealtime() - offered in 0..LONGEST_WAIT
    }

    private fun finishWith(result: Intent) {
        setResult(RESULT_OK, result)
        finish()
    }

    private companion object {
        const val TAG = "Wardkey"

        /** WebAuthn Level 3 §5.1.3: ten minutes is the most that a client is advised to wait for a user. */
        const val LONGEST_WAIT = 10 * 60 * 1000L
    }
}
