package org.wardkey.app.keys

import android.hardware.biometrics.BiometricPrompt
import android.hardware.biometrics.BiometricPrompt.AuthenticationCallback
import android.hardware.biometrics.BiometricPrompt.CryptoObject
import android.hardware.biometrics.IBiometricServiceReceiver
import android.os.CancellationSignal
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import org.robolectric.shadows.ShadowBiometricPrompt
import java.security.Signature
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executor

/** Robolectric's prompt, which forgets what it was to open; this one remembers, and has its button. */
@Implements(BiometricPrompt::class)
internal class RecordingPrompt : ShadowBiometricPrompt() {
    @RealObject
    lateinit var prompt: BiometricPrompt

    /** What it was given to open; null if it was nothing, or something else than a signature. */
    var signature: Signature? = null
        private set

    @Implementation
    public override fun authenticate(
        crypto: CryptoObject,
        cancel: CancellationSignal,
        executor: Executor,
        callback: AuthenticationCallback,
    ) {
        signature = crypto.signature
        shown += this
        super.authenticate(crypto, cancel, executor, callback)
    }

    @Implementation
    public override fun authenticate(
        cancel: CancellationSignal,
        executor: Executor,
        callback: AuthenticationCallback,
    ) {
        shown += this
        super.authenticate(cancel, executor, callback)
    }

    /** The person taps the button in the corner, as Android tells an app of it. */
    fun pressNegativeButton() {
        val receiver = BiometricPrompt::class.java.getDeclaredField("mBiometricServiceReceiver")
        receiver.isAccessible = true
        (receiver[prompt] as IBiometricServiceReceiver)
            .onDialogDismissed(BiometricPrompt.DISMISSED_REASON_NEGATIVE)
    }

    companion object {
        /** Every prompt that was shown, in order. */
        val shown = CopyOnWriteArrayList<RecordingPrompt>()
    }
}
