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
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.Wardkey
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.screenWorld
import org.wardkey.app.words.failure
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HardwareKeys
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.SelectorLine
import org.wardkey.core.Step
import org.wardkey.core.UserInterface

/**
 * How a ceremony ended.
 *
 * @property result for whoever asked
 * @property screen for the person, if there is something to say that they have not seen yet
 * @property failure for support, where no screen keeps it
 */
internal class Ending(val result: Intent, val screen: Intent? = null, val failure: Failure? = null)

/**
 * Where a chosen line of Android's selector leads: one ceremony from the request in the intent to the result
 * for whoever asked. It shows nothing of its own; the prompt and what else the person sees come on top.
 *
 * Every way out leaves a result with [RESULT_OK], an answer or an exception, as Android wants it: anything
 * else would put the person before the selector again with nothing to tell what happened. A screen that tells
 * them comes first; the result stands by then, and outlasts the process that may end behind that screen.
 *
 * A turned phone changes nothing, because the manifest keeps such changes away from these activities. An
 * activity that Android makes anew belongs to a ceremony that died with its process.
 */
internal abstract class CeremonyActivity<E : Exception> : Activity() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)

    /** Waits for the person to have seen the screen on top. */
    private var result: Intent? = null
    private var isAway = false

    /** What a ceremony runs on. */
    protected class Parts(
        val wardkey: Wardkey,
        val keys: HardwareKeys,
        val user: UserInterface,
        val line: SelectorLine,
    )

    final override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val waiting = savedInstanceState?.getParcelable(RESULT, Intent::class.java)
        if (waiting != null) return keep(waiting)
        // For every end that does not come past here, such as the back gesture.
        setResult(RESULT_OK, resultOf(cancelled()))
        if (savedInstanceState != null) {
            keep(resultOf(interrupted()))
            return finish()
        }
        scope.launch { end(outcome()) }
    }

    final override fun onStart() {
        super.onStart()
        isAway = false
    }

    final override fun onStop() {
        isAway = true
        super.onStop()
    }

    final override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        result?.let { outState.putParcelable(RESULT, it) }
    }

    /** The person has seen what became of it. */
    final override fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {
        super.onActivityResult(requestCode, resultCode, data)
        if (requestCode == SHOWN) finish()
    }

    /** Also calls the ceremony off: a key that was being made for it is deleted. */
    final override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Holds the ceremony. Not on the main thread. */
    protected abstract suspend fun perform(parts: Parts): Ending

    protected abstract fun resultOf(exception: E): Intent

    protected abstract fun exceptionOf(failure: PasskeyException): E

    /** The request cannot be read: the caller's fault, or nobody's who would read a message. */
    protected abstract fun malformed(failure: MalformedRequest): E

    protected abstract fun cancelled(): E

    protected abstract fun interrupted(): E

    protected abstract fun unknown(): E

    /** The exceptions of the ceremony as an end; what is none of the expected ones is a bug, and logged. */
    private suspend fun outcome(): Ending = try {
        val application = application as WardkeyApplication
        val keys = application.keys(this)
        val user = application.user(this)
        withContext(Dispatchers.IO) {
            application.wardkey.reconfigure()
            perform(Parts(application.wardkey, keys, user, line()))
        }
    } catch (failure: PasskeyException) {
        Log.w(TAG, "ceremony: ${failure.failure.step} ${failure.failure.reason}")
        endOf(failure)
    } catch (failure: MalformedRequest) {
        Log.w(TAG, "request: ${failure.message}")
        val problem = problem(Reason.INVALID_REQUEST, DomError.ENCODING, failure.message.orEmpty())
        failed(resultOf(malformed(failure)), problem)
    } catch (failure: CancellationException) {
        // Of this ceremony, or somebody else's that got in here.
        currentCoroutineContext().ensureActive()
        fault(failure)
    } catch (failure: Exception) {
        fault(failure)
    } catch (failure: LinkageError) {
        // A package without the library for this processor.
        fault(failure)
    }

    /** The class alone: a message may quote what nobody should see. */
    private fun fault(thrown: Throwable): Ending {
        Log.e(TAG, "ceremony: ${thrown.javaClass.name}")
        val problem = problem(Reason.UNEXPECTED, DomError.UNKNOWN, thrown.javaClass.name)
        return failed(resultOf(unknown()), problem)
    }

    private fun endOf(failure: PasskeyException): Ending {
        val result = resultOf(exceptionOf(failure))
        val told = failure.failure
        return if (told.silent) Ending(result, failure = told) else failed(result, told)
    }

    private fun failed(result: Intent, failure: Failure) =
        Ending(result, ResultActivity.failure(this, failure), failure)

    private fun line(): SelectorLine {
        val offered = intent.getLongExtra(ProviderEntries.EXTRA_OFFERED, NEVER).takeIf { it > NEVER }
        return SelectorLine(offered?.toULong(), SystemClock.elapsedRealtime().toULong())
    }

    private suspend fun end(ending: Ending) {
        keep(ending.result)
        // Android opens no screen for an app that is not in front; and whoever asked should not wait for one.
        if (ending.screen != null && !isAway) return startActivityForResult(ending.screen, SHOWN)
        ending.failure?.let { withContext(Dispatchers.IO) { screenWorld.failures.record(it) } }
        finish()
    }

    private fun keep(result: Intent) {
        this.result = result
        setResult(RESULT_OK, result)
    }

    private companion object {
        const val TAG = "Wardkey"
        const val RESULT = "result"
        const val SHOWN = 1

        /** No moment since the phone's start; also what Android gives of an extra that is no number. */
        const val NEVER = -1L

        fun problem(reason: Reason, domError: DomError, detail: String) =
            Failure(Step.REQUEST, reason, detail, domError)
    }
}
