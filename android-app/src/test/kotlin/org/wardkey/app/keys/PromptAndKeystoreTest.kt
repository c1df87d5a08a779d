package org.wardkey.app.keys

import android.app.Activity
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowBiometricPrompt
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.FakeAndroidKeyStore.Step
import org.wardkey.app.fakes.x509
import org.wardkey.app.idleUntil
import org.wardkey.core.KeyFailure
import org.wardkey.core.Use
import java.security.PublicKey
import java.security.Signature

/** Android's prompt over Android's Keystore: what the one opens is what the other then signs. */
@OptIn(ExperimentalCoroutinesApi::class)
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [RecordingPrompt::class])
internal class PromptAndKeystoreTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
    private val keys = AndroidKeys(BiometricSigningPrompts(activity))
    private val scope = CoroutineScope(Dispatchers.IO + SupervisorJob())
    private val message = byteArrayOf(1, 2, 3)
    private val prompts = RecordingPrompt.shown

    @Before
    fun forget() = prompts.clear()

    @After
    fun `leave nothing behind`() {
        scope.cancel()
        ShadowBiometricPrompt.reset()
        FakeAndroidKeyStore.uninstall()
    }

    @Test
    fun `the prompt is given the very signature that is then made`() {
        for (pinAllowed in listOf(true, false)) {
            val key = generate(pinAllowed)
            val answer = signing(pinAllowed)
            hardware.authenticateUser(checkNotNull(prompts.last().signature))
            ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully()
            idleUntil { answer.isCompleted }
            assertTrue(verifies(key, answer.getCompleted()))
        }
    }

    /** So that the test above means something. */
    @Test
    fun `a person who was verified for one signature was not for another`() {
        generate()
        signing()
        hardware.authenticateUser(checkNotNull(prompts.single().signature))
        val other = signing()
        ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully()
        assertFailed<KeyFailure.NotAuthenticated>(other)
    }

    @Test
    fun `nothing is signed before somebody was verified`() {
        generate()
        val answer = signing()
        assertFalse(answer.isCompleted)
        assertFalse("at the prompt: ${hardware.reached}", Step.SIGN in hardware.reached)
    }

    @Test
    fun `the button that closes the prompt calls the signature off`() {
        generate(pinAllowed = false)
        val answer = signing(pinAllowed = false)
        assertEquals("Cancel", prompts.single().prompt.negativeButtonText)
        prompts.single().pressNegativeButton()
        assertFailed<KeyFailure.Cancelled>(answer)
        assertFalse(Step.SIGN in hardware.reached)
    }

    /** A face that the camera happens to see is no consent. */
    @Test
    fun `whoever is recognised must confirm, for whatever and with whatever`() {
        for (purpose in Use.entries) for (pinAllowed in listOf(true, false)) {
            generate(pinAllowed)
            val answer = signing(pinAllowed, purpose)
            assertTrue("$purpose, $pinAllowed", prompts.last().prompt.isConfirmationRequired)
            answer.cancel()
            idleUntil { answer.isCompleted }
        }
    }

    private fun generate(pinAllowed: Boolean = true): PublicKey =
        x509(runBlocking { keys.generate(keySpec(pinAllowed = pinAllowed)) }.first()).publicKey

    /** A signature that is at its prompt. */
    private fun signing(pinAllowed: Boolean = true, purpose: Use = Use.SIGN_IN): Deferred<ByteArray> {
        val before = prompts.size
        val prompt = signingPrompt(purpose, pinAllowed)
        return scope.async { keys.sign(ALIAS, message, prompt) }.also { idleUntil { prompts.size > before } }
    }

    private fun verifies(key: PublicKey, signature: ByteArray): Boolean =
        Signature.getInstance("SHA256withECDSA").run {
            initVerify(key)
            update(message)
            verify(signature)
        }

    private inline fun <reified F : KeyFailure> assertFailed(answer: Deferred<*>) {
        idleUntil { answer.isCompleted }
        val failure = answer.getCompletionExceptionOrNull()
        assertTrue("$failure", failure is F)
    }
}
