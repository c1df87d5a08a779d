package org.wardkey.app.provider

import android.credentials.ClearCredentialStateException
import android.credentials.CreateCredentialException
import android.credentials.CreateCredentialException.TYPE_NO_CREATE_OPTIONS
import android.credentials.GetCredentialException
import android.credentials.GetCredentialException.TYPE_NO_CREDENTIAL
import android.os.CancellationSignal
import android.os.OutcomeReceiver
import android.service.credentials.BeginCreateCredentialRequest
import android.service.credentials.BeginCreateCredentialResponse
import android.service.credentials.BeginGetCredentialRequest
import android.service.credentials.BeginGetCredentialResponse
import android.service.credentials.ClearCredentialStateRequest
import android.service.credentials.CredentialProviderService
import android.util.Log
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.words.failure
import org.wardkey.core.PasskeyException

/**
 * What Android asks for passkeys, on behalf of a browser or an app.
 *
 * The framework calls each of these on the main thread and waits: every path calls back exactly once, also
 * when Android calls the question off.
 *
 * The framework's own service, not that of androidx: there a sign-in request without readable options throws
 * on the main thread, in a final method, so that any app could end this one's process.
 */
internal class PasskeyProviderService : CredentialProviderService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    /** Made off the main thread, which is where it is used: the first use loads the core. */
    private val entries by lazy { ProviderEntries(this, (application as WardkeyApplication).wardkey) }

    override fun onBeginCreateCredential(
        request: BeginCreateCredentialRequest,
        cancellationSignal: CancellationSignal,
        callback: OutcomeReceiver<BeginCreateCredentialResponse, CreateCredentialException>,
    ) = answer(cancellationSignal, callback, ::createException) { entries.toCreate(request) }

    override fun onBeginGetCredential(
        request: BeginGetCredentialRequest,
        cancellationSignal: CancellationSignal,
        callback: OutcomeReceiver<BeginGetCredentialResponse, GetCredentialException>,
    ) = answer(cancellationSignal, callback, ::getException) { entries.toGet(request) }

    /** A passkey is not a session: signing out leaves nothing to clear. */
    override fun onClearCredentialState(
        request: ClearCredentialStateRequest,
        cancellationSignal: CancellationSignal,
        callback: OutcomeReceiver<Void, ClearCredentialStateException>,
    ) = callback.onResult(null)

    /** Android has let go of the service; questions still open are answered with an interruption. */
    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    @OptIn(ExperimentalCoroutinesApi::class)
    private fun <T : Any, E : Throwable> answer(
        signal: CancellationSignal,
        callback: OutcomeReceiver<T, E>,
        exception: (Throwable) -> E,
        question: suspend () -> T,
    ) {
        // Not begun before Android can call it off.
        val answer = scope.async(start = CoroutineStart.LAZY) { question() }
        answer.invokeOnCompletion { failure ->
            if (failure == null) {
                callback.onResult(answer.getCompleted())
            } else {
                callback.onError(exception(failure))
            }
        }
        signal.setOnCancelListener(answer::cancel)
        answer.start()
    }

    private fun createException(failure: Throwable) = when (failure) {
        is CancellationException -> CreateCredentialException(CreateCredentialException.TYPE_INTERRUPTED)
        is MalformedRequest -> CreateCredentialException(TYPE_NO_CREATE_OPTIONS, failure.message)
        is PasskeyException -> CreateCredentialException(TYPE_NO_CREATE_OPTIONS, failure.failure.forCaller)
        else -> {
            Log.e(TAG, "begin create: ${failure.javaClass.name}")
            CreateCredentialException(CreateCredentialException.TYPE_UNKNOWN)
        }
    }

    private fun getException(failure: Throwable) = when (failure) {
        is CancellationException -> GetCredentialException(GetCredentialException.TYPE_INTERRUPTED)
        is MalformedRequest -> GetCredentialException(TYPE_NO_CREDENTIAL, failure.message)
        is PasskeyException -> failure.toGetException().let { GetCredentialException(it.type, it.message) }
        else -> {
            Log.e(TAG, "begin get: ${failure.javaClass.name}")
            GetCredentialException(GetCredentialException.TYPE_UNKNOWN)
        }
    }

    private companion object {
        const val TAG = "Wardkey"
    }
}
