package org.wardkey.app.keys

import android.app.Activity
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.hardware.biometrics.BiometricManager.Authenticators.DEVICE_CREDENTIAL
import android.hardware.biometrics.BiometricPrompt
import android.os.Looper
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart.UNDISPATCHED
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowBiometricPrompt
import org.wardkey.core.KeyFailure
import org.wardkey.core.Use
import java.security.Signature
import kotlin.reflect.KClass

/** Android's prompt: what it says, and what each of its answers means. */
@OptIn(ExperimentalCoroutinesApi::class)
@RunWith(RobolectricTestRunner::class)
internal class BiometricSigningPromptsTest {
    private val controller = Robolectric.buildActivity(Activity::class.java).setup()
    private val prompts = BiometricSigningPrompts(controller.get())
    private val scope = CoroutineScope(Dispatchers.Main + SupervisorJob())
    private val signature = Signature.getInstance("SHA256withECDSA")

    @After
    fun `leave nothing behind`() {
        scope.cancel()
        ShadowBiometricPrompt.reset()
    }

    @Test
    fun `names site and account and wants a confirmation`() {
        asking(Use.SIGN_IN)
        assertEquals("Sign in to sign-in.\u200Bexample.\u200Borg", shown().title)
        assertEquals("clinician@example.org", shown().subtitle)
        assertTrue(shown().isConfirmationRequired)
        scope.cancel()
        idle()
    }

    @Test
    fun `says when a passkey is made`() {
        asking(Use.REGISTER)
        assertEquals("Create a passkey for sign-in.\u200Bexample.\u200Borg", shown().title)
    }

    @Test
    fun `takes the PIN only where it is allowed`() {
        asking(pinAllowed = true)
        assertEquals(BIOMETRIC_STRONG or DEVICE_CREDENTIAL, shown().allowedAuthenticators)
        assertNull("Android has its own buttons then", shown().negativeButtonText)
        ShadowBiometricPrompt.cancelCurrentSession()
        asking(pinAllowed = false)
        assertEquals(BIOMETRIC_STRONG, shown().allowedAuthenticators)
        assertEquals("Cancel", shown().negativeButtonText)
    }

    @Test
    fun `gives the signature back once the person is verified`() {
        val answer = asking()
        assertFalse(answer.isCompleted)
        ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully()
        idle()
        assertSame(signature, answer.getCompleted())
    }

    @Test
    fun `a finger that was not recognised may try again`() {
        val answer = asking()
        ShadowBiometricPrompt.failCurrentSessionOnce()
        idle()
        assertFalse(answer.isCompleted)
        ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully()
        idle()
        assertSame(signature, answer.getCompleted())
    }

    @Test
    fun `each error of the prompt is told apart`() {
        for ((code, expected) in errors) {
            val answer = asking()
            ShadowBiometricPrompt.authenticateCurrentSessionWithError(code, "words of the system")
            assertFailed(expected, answer)
        }
    }

    @Test
    fun `the prompt goes with whoever waits for it`() {
        val answer = asking()
        answer.cancel()
        idle()
        assertNull(ShadowBiometricPrompt.getCurrentPrompt())
        assertTrue(answer.isCancelled)
    }

    @Test
    fun `the prompt goes with the activity, also when the phone is turned`() {
        val answer = asking()
        controller.recreate()
        assertFailed(KeyFailure.Cancelled::class, answer)
        assertNull(ShadowBiometricPrompt.getCurrentPrompt())
    }

    @Test
    fun `there is no prompt above an activity that is gone`() {
        controller.pause().stop().destroy()
        assertFailed(KeyFailure.Cancelled::class, asking())
        assertNull(ShadowBiometricPrompt.getCurrentPrompt())
    }

    private val errors: List<Pair<Int, KClass<out KeyFailure>>> = listOf(
        BiometricPrompt.BIOMETRIC_ERROR_HW_UNAVAILABLE to KeyFailure.Platform::class,
        BiometricPrompt.BIOMETRIC_ERROR_UNABLE_TO_PROCESS to KeyFailure.VerificationFailed::class,
        BiometricPrompt.BIOMETRIC_ERROR_TIMEOUT to KeyFailure.TimedOut::class,
        BiometricPrompt.BIOMETRIC_ERROR_NO_SPACE to KeyFailure.Full::class,
        BiometricPrompt.BIOMETRIC_ERROR_CANCELED to KeyFailure.Cancelled::class,
        BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT to KeyFailure.LockedOut::class,
        BiometricPrompt.BIOMETRIC_ERROR_VENDOR to KeyFailure.Platform::class,
        BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT to KeyFailure.LockedOut::class,
        BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED to KeyFailure.Cancelled::class,
        BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS to KeyFailure.NoScreenLock::class,
        BiometricPrompt.BIOMETRIC_ERROR_HW_NOT_PRESENT to KeyFailure.Platform::class,
        BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL to KeyFailure.NoScreenLock::class,
        BiometricPrompt.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED to KeyFailure.Platform::class,
        4711 to KeyFailure.Platform::class,
    )

    private fun asking(purpose: Use = Use.SIGN_IN, pinAllowed: Boolean = true): Deferred<Signature> {
        val answer = scope.async(start = UNDISPATCHED) {
            prompts.authenticate(signature, signingPrompt(purpose), pinAllowed)
        }
        idle()
        return answer
    }

    private fun shown(): BiometricPrompt = requireNotNull(ShadowBiometricPrompt.getCurrentPrompt())

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()

    private fun assertFailed(expected: KClass<out KeyFailure>, answer: Deferred<*>) {
        idle()
        assertTrue("$expected", answer.isCompleted)
        assertEquals(expected, requireNotNull(answer.getCompletionExceptionOrNull())::class)
    }
}
