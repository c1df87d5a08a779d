package org.wardkey.app.hybrid

import okhttp3.tls.HeldCertificate
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.wardkey.app.hybrid.host.Behaviour
import org.wardkey.app.hybrid.host.Child
import org.wardkey.app.hybrid.host.Town
import org.wardkey.app.hybrid.host.Town.Companion.REGISTER
import org.wardkey.app.hybrid.host.Town.Companion.SIGN_IN
import org.wardkey.app.hybrid.host.Town.Companion.code
import org.wardkey.app.withNobodyAt
import java.io.File

/**
 * Whole ceremonies: the driver with the real core, in a process of its own as on a phone, against the
 * project's tunnel service and workstation; what it made is verified by the sandbox.
 */
internal class CeremonyTest {
    @get:Rule
    val folder = TemporaryFolder()
    private lateinit var town: Town

    @Before
    fun build() {
        town = Town(folder.root)
    }

    @After
    fun close() = town.close()

    private fun workstation() = town.workstation(REGISTER, town.challenge(REGISTER))

    @Test
    fun `a passkey is registered and signs in`() {
        val registered = town.play(REGISTER)
        for (count in 1..2) {
            val signedIn = town.play(SIGN_IN)
            assertEquals(registered.getString("credentialId"), signedIn.getString("credentialId"))
            assertEquals(count, signedIn.getInt("signCount"))
        }
        assertEquals(1, town.keys)
    }

    @Test
    fun `a person who declines, sleeps or is not recognised leaves no key, and the page is told`() {
        val reasons = mapOf(
            Behaviour.DENY to "the user declined",
            Behaviour.IGNORE to "did not answer in time",
            Behaviour.FAIL_VERIFICATION to "could not be verified",
        )
        for ((user, reason) in reasons) {
            val workstation = workstation()
            val phone = town.phone(code(workstation), user)
            assertEquals(emptyList<String>(), town.meet(phone, workstation))
            assertEquals(1, phone.end())
            assertTrue(phone.words(), reason in phone.words())
            assertEquals(1, workstation.end())
            val told = generateSequence { workstation.prints() }.joinToString("\n")
            assertTrue(told, "\"error\"" in told)
            assertEquals(0, town.keys)
        }
    }

    @Test
    fun `a tunnel that is lost in mid-command ends both sides, and the key that was made is deleted`() {
        val workstation = workstation()
        val phone = town.phone(code(workstation), Behaviour.HESITATE)
        town.introduce(phone, workstation)
        phone.tells("the prompt is open")
        assertEquals(1, town.keys)
        town.tunnel.kill()
        assertEquals(listOf("STOP"), generateSequence { phone.prints() }.toList())
        assertEquals(1, phone.end())
        assertTrue(phone.words(), "CONNECTION_CUT" in phone.words())
        assertEquals(0, town.keys)
        assertEquals(1, workstation.end())
        town.rebuildTunnel()
        town.play(REGISTER)
    }

    @Test
    fun `a workstation that goes away in mid-command is told from a success`() {
        val workstation = workstation()
        val phone = town.phone(code(workstation), Behaviour.HESITATE)
        town.introduce(phone, workstation)
        phone.tells("the prompt is open")
        workstation.kill()
        assertEquals(1, phone.end())
        assertEquals(0, town.keys)
    }

    @Test
    fun `an app that is killed at the prompt leaves no half-written store, and its key is swept`() {
        val first = town.play(REGISTER)
        val before = File(town.state, "passkeys").readBytes()
        val workstation = workstation()
        val phone = town.phone(code(workstation), Behaviour.HESITATE)
        town.introduce(phone, workstation)
        phone.tells("the prompt is open")
        phone.kill()
        assertEquals(1, workstation.end())
        assertEquals("the orphan", 2, town.keys)
        assertTrue(before.contentEquals(File(town.state, "passkeys").readBytes()))

        val signedIn = town.play(SIGN_IN)
        assertEquals(first.getString("credentialId"), signedIn.getString("credentialId"))
        assertEquals("the orphan is swept", 1, town.keys)
    }

    @Test
    fun `a network without the tunnel service, or with somebody in between, is named`() {
        val workstation = workstation()
        val code = code(workstation)
        withNobodyAt { port ->
            assertEquals("NETWORK_BLOCKED", refusal(code, *town.network(tunnel = "127.0.0.1:$port")))
        }
        val stranger = File(folder.root, "stranger.pem")
        stranger.writeText(HeldCertificate.Builder().certificateAuthority(0).build().certificatePem())
        assertEquals("INTERCEPTED", refusal(code, *town.network(authority = stranger)))
        assertFalse("nothing was kept", File(town.state, "passkeys").exists())
    }

    @Test
    fun `a code that is none is refused before anything is sent`() {
        val large = "FIDO:/" + "9".repeat(5000)
        for (code in listOf("https://example.org", "FIDO:/", "FIDO:/12", large, "fido:/0001")) {
            val phone = town.phone(code, Behaviour.APPROVE)
            assertEquals(code, 1, phone.end())
            assertTrue(phone.words(), "(CODE, " in phone.words())
        }
    }

    /** The reason for which the phone gave up. */
    private fun refusal(code: String, vararg network: String): String {
        val phone: Child = town.phone(code, Behaviour.APPROVE, *network)
        assertEquals(1, phone.end())
        return phone.words().substringAfterLast(", ").substringBefore(')')
    }
}
