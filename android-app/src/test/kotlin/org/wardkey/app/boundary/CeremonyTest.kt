package org.wardkey.app.boundary

import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.words.failure
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.uniffiForeignFutureHandleCount
import java.security.MessageDigest
import java.security.PublicKey
import java.security.Signature

/** Both ceremonies through the boundary, with keys that are in secure hardware as far as the core can see. */
internal class CeremonyTest {
    private val asked = mutableListOf<KeySpec>()
    private val world = BoundaryWorld()

    @Test
    fun `a passkey is made and used`() = runBlocking {
        val keys = JvmKeys(beforeGenerate = asked::add)
        val made = JSONObject(world.register(keys))
        assertArrayEquals("attested for this request", CLIENT_DATA_HASH, asked.single().attestationChallenge)
        val passkey = world.provider.passkeys().single()
        assertEquals(RP_ID, passkey.rpId)
        assertEquals(USER, passkey.userName)
        assertTrue(passkey.strongBox)
        assertEquals(made.getString("id"), base64url(passkey.credentialId))

        val hash = ByteArray(32) { it.toByte() }
        val used = JSONObject(world.signIn(keys, caller = browser(hash))).getJSONObject("response")
        assertEquals(base64url(USER_HANDLE), used.getString("userHandle"))
        val authenticatorData = fromBase64url(used.getString("authenticatorData"))
        assertEquals("present and verified, nothing more", 0x05, authenticatorData[32].toInt())
        val key = keys.keys.values.single().public
        assertTrue(verifies(key, authenticatorData + hash, fromBase64url(used.getString("signature"))))
        assertEquals(0, uniffiForeignFutureHandleCount())
    }

    @Test
    fun `an app speaks for the site that vouches for it`() = runBlocking {
        val keys = JvmKeys()
        val made = JSONObject(world.register(keys, caller = app())).getJSONObject("response")
        val clientData = fromBase64url(made.getString("clientDataJSON"))
        val told = JSONObject(clientData.decodeToString())
        assertEquals(base64url(WEB_CHALLENGE), told.getString("challenge"))
        assertEquals("org.example.app", told.getString("androidPackageName"))
        val used = JSONObject(world.signIn(keys, caller = app())).getJSONObject("response")
        val sha256 = MessageDigest.getInstance("SHA-256")
        val hash = sha256.digest(fromBase64url(used.getString("clientDataJSON")))
        val signed = fromBase64url(used.getString("authenticatorData")) + hash
        val key = keys.keys.values.single().public
        assertTrue(verifies(key, signed, fromBase64url(used.getString("signature"))))
    }

    @Test
    fun `without a secure element the trusted environment does where policy lets it`() = runBlocking {
        requireStrongBox(false)
        val keys = JvmKeys(strongBox = false, beforeGenerate = asked::add)
        world.register(keys)
        assertEquals(listOf(true, false), asked.map { it.strongBox })
        assertFalse(world.provider.passkeys().single().strongBox)
    }

    @Test
    fun `without a secure element nothing is made where policy requires one`() = runBlocking {
        requireStrongBox(true)
        val keys = JvmKeys(strongBox = false, beforeGenerate = asked::add)
        val failure = failureOf<PasskeyException.Hardware> { world.register(keys) }.failure
        assertEquals(Step.KEY to Reason.NO_STRONG_BOX, failure.step to failure.reason)
        assertEquals("asked once, for nothing less", listOf(true), asked.map { it.strongBox })
        assertTrue(keys.keys.isEmpty())
        assertTrue(world.provider.passkeys().isEmpty())
    }

    @Test
    fun `a key that the hardware no longer has is a passkey that no longer works`() = runBlocking {
        var dead = false
        val keys = JvmKeys(beforeSign = { if (dead) throw KeyFailure.Invalidated() })
        world.register(keys)
        dead = true
        val failure = failureOf<PasskeyException.NoCredential> { world.signIn(keys) }.failure
        assertEquals(Reason.KEY_INVALIDATED, failure.reason)
        assertTrue("what it was for stays known", world.provider.passkeys().single().invalidated)
    }

    private fun requireStrongBox(required: Boolean) {
        val entry = ManagedEntry("strongbox_required", ManagedValue.Flag(required))
        assertEquals(emptyList<String>(), world.provider.configure(listOf(entry)).problems)
    }
}

/** The exception of this kind that [work] must end with. */
internal inline fun <reified E : Throwable> failureOf(work: () -> Unit): E {
    try {
        work()
    } catch (failure: Throwable) {
        if (failure is E) return failure
        throw AssertionError("another failure than expected: $failure", failure)
    }
    throw AssertionError("it did not fail")
}

internal fun verifies(key: PublicKey, message: ByteArray, signature: ByteArray): Boolean =
    Signature.getInstance("SHA256withECDSA").run {
        initVerify(key)
        update(message)
        verify(signature)
    }
