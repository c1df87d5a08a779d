package org.wardkey.app.keys

import android.app.Activity
import android.hardware.biometrics.BiometricManager.Authenticators
import android.hardware.biometrics.BiometricPrompt
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_CANCELED
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_HW_NOT_PRESENT
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_HW_UNAVAILABLE
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_NO_SPACE
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_TIMEOUT
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_UNABLE_TO_PROCESS
import android.hardware.biometrics.BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED
import android.os.CancellationSignal
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.screens.OnDestroy
import org.wardkey.app.words.nameWords
import org.wardkey.app.words.siteWords
import org.wardkey.core.KeyFailure
import org.wardkey.core.SigningPrompt
import org.wardkey.core.Use
import java.security.Signature

/**
 * Android's own prompt, above [activity]; may be asked for from any thread. It goes away with the activity,
 * which a turned phone replaces, and with the coroutine that waits for it.
 */
internal class BiometricSigningPrompts(private val activity: Activity) : SigningPrompts {
    override suspend fun authenticate(
        signature: Signature,
        prompt: SigningPrompt,
        pinAllowed: Boolean,
    ): Signature = withContext(Dispatchers.Main.immediate) {
        if (activity.isFinishing || activity.isDestroyed) throw KeyFailure.Cancelled()
        val answer = CompletableDeferred<Signature>()
        val takeAway = CancellationSignal()
        val end = OnDestroy {
            answer.completeExceptionally(KeyFailure.Cancelled())
            takeAway.cancel()
        }
        activity.registerActivityLifecycleCallbacks(end)
        try {
            val crypto = BiometricPrompt.CryptoObject(signature)
            dialog(prompt, pinAllowed, answer)
                .authenticate(crypto, takeAway, activity.mainExecutor, Outcome(signature, answer))
            answer.await()
        } finally {
            activity.unregisterActivityLifecycleCallbacks(end)
            if (!answer.isCompleted) takeAway.cancel()
        }
    }

    private fun dialog(prompt: SigningPrompt, pinAllowed: Boolean, answer: CompletableDeferred<Signature>) =
        BiometricPrompt.Builder(activity).run {
            setTitle(activity.getString(title(prompt.purpose), siteWords(prompt.rpId)))
            setSubtitle(nameWords(prompt.account))
            // A face that the camera happens to see is no consent.
            setConfirmationRequired(true)
            if (pinAllowed) {
                setAllowedAuthenticators(Authenticators.BIOMETRIC_STRONG or Authenticators.DEVICE_CREDENTIAL)
            } else {
                setAllowedAuthenticators(Authenticators.BIOMETRIC_STRONG)
                // With a PIN, Android has this place for "use PIN" and its own way to close.
                val cancel = activity.getString(R.string.question_cancel)
                setNegativeButton(cancel, activity.mainExecutor) { _, _ ->
                    answer.completeExceptionally(KeyFailure.Cancelled())
                }
            }
            build()
        }

    /** A finger that was not recognised is not the end: the prompt lets people try again, and then locks. */
    private class Outcome(
        private val signature: Signature,
        private val answer: CompletableDeferred<Signature>,
    ) : BiometricPrompt.AuthenticationCallback() {
        /** The result holds the signature again; the hardware knows by itself which one was opened. */
        override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) {
            answer.complete(signature)
        }

        override fun onAuthenticationError(errorCode: Int, errString: CharSequence?) {
            answer.completeExceptionally(promptFailure(errorCode))
        }
    }
}

private fun title(purpose: Use) = when (purpose) {
    Use.REGISTER -> R.string.prompt_register
    Use.SIGN_IN -> R.string.prompt_sign_in
}

/** What the prompt meant with an error code. */
internal fun promptFailure(code: Int): KeyFailure = when (code) {
    BIOMETRIC_ERROR_USER_CANCELED, BIOMETRIC_ERROR_CANCELED -> KeyFailure.Cancelled()
    BIOMETRIC_ERROR_UNABLE_TO_PROCESS -> KeyFailure.VerificationFailed()
    BIOMETRIC_ERROR_TIMEOUT -> KeyFailure.TimedOut()
    BIOMETRIC_ERROR_LOCKOUT, BIOMETRIC_ERROR_LOCKOUT_PERMANENT -> KeyFailure.LockedOut()
    BIOMETRIC_ERROR_NO_SPACE -> KeyFailure.Full()
    // Nothing is set up that could verify anybody; the remedy is the same.
    BIOMETRIC_ERROR_NO_BIOMETRICS, BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL -> KeyFailure.NoScreenLock()
    BIOMETRIC_ERROR_HW_NOT_PRESENT -> KeyFailure.Platform("this phone has no strong biometrics")
    BIOMETRIC_ERROR_HW_UNAVAILABLE -> KeyFailure.Platform("the biometric sensor is not available")
    BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED ->
        KeyFailure.Platform("the biometric sensor needs a security update")
    // The maker's own, and what later versions add.
    else -> KeyFailure.Platform("the biometric prompt failed with code $code")
}
