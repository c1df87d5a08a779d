package org.wardkey.app.hybrid

import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.wardkey.app.boundary.CODE
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.hybrid.host.QrSecrets
import org.wardkey.app.hybrid.host.Town
import org.wardkey.app.hybrid.host.Town.Companion.REGISTER
import org.wardkey.app.hybrid.host.Town.Companion.SIGN_IN
import org.wardkey.app.hybrid.host.Town.Companion.code
import org.wardkey.app.hybrid.host.manufacturer
import org.wardkey.app.idleUntil
import org.wardkey.app.restrict
import org.wardkey.app.words.title
import org.wardkey.core.Reason

/** Phone and computer meet at the tunnel service that the organization names. */
@RunWith(RobolectricTestRunner::class)
@Config(application = HybridTestApplication::class, shadows = [RecordingAdvertiser::class])
@OptIn(ExperimentalStdlibApi::class)
internal class ManagedTunnelTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val application = RuntimeEnvironment.getApplication() as HybridTestApplication
    private val air = RecordingAdvertiser.onAir

    @Before
    fun switchOn() {
        air.clear()
        application.switchBluetoothOn()
        // The settings come when the core has long been opened without them.
        assertEquals("cable.ua5v.com", application.wardkey.configuration.value.tunnelDomain)
    }

    @After
    fun clear() = air.clear()

    @Test
    fun `a ceremony goes to the tunnel service of the organization, and the computer after it`() {
        Town(folder.root).use { town ->
            application.tunnels = town.access()
            application.keys = JvmKeys(manufacturer(town.state))
            assertMeet(town, REGISTER, at = "cable.ua5v.com", id = 0)
            application.restrict { putString("tunnel_domain", "cable.auth.com") }
            assertMeet(town, SIGN_IN, at = "cable.auth.com", id = 1)
        }
    }

    /** A name that stands for one of the 65 280 ids that anybody may take: 266. */
    @Test
    fun `the tunnel service may be one that nobody assigned`() {
        StubTunnel("cable.wufkweyy3uaxb.com").use { service ->
            application.tunnels = service.access
            application.restrict { putString("tunnel_domain", "cable.wufkweyy3uaxb.com") }
            service.answer(410)
            val result = resultOf(openCeremony<CeremonyActivity>(CODE).get())
            assertEquals("The code expired", result.words().first)
            val origin = service.asked().headers["Origin"]
            assertEquals("wss://cable.wufkweyy3uaxb.com", origin)
        }
    }

    @Test
    fun `a code that may not be used here is refused before anybody is called`() {
        StubTunnel("cable.ua5v.com").use { service ->
            application.tunnels = service.access
            application.restrict { putStringArray("routes", arrayOf("this_phone", "play_services")) }
            assertEquals(application.getString(Reason.ROUTE_NOT_ALLOWED.title), told())
            application.restrict { putString("tunnel_domain", "tunnel.example.org") }
            assertEquals(application.getString(Reason.ROUTE_NOT_ALLOWED.title), told())
            assertEquals(0, service.requests)
            assertTrue(air.isEmpty())
        }
    }

    private fun told() = resultOf(openCeremony<CeremonyActivity>(CODE).get()).words().first

    /** So that the tests above mean something. */
    @Test
    fun `a service of another name is not taken for it`() {
        StubTunnel("cable.auth.com").use { service ->
            application.tunnels = service.access
            val result = resultOf(openCeremony<CeremonyActivity>(CODE).get())
            assertEquals("Somebody intercepts this network", result.words().first)
        }
    }

    /** A whole ceremony; [id] is what the computer reads of [at] in the advert. */
    private fun assertMeet(town: Town, what: String, at: String, id: Int) {
        val challenge = town.challenge(what)
        val workstation = town.workstation(what, challenge)
        val link = code(workstation)
        val ceremony = openCeremony<CeremonyActivity>(link)
        idleUntil { air.isNotEmpty() }
        val calls = application.tunnels.client.dispatcher.runningCalls()
        assertEquals(listOf(at), calls.map { it.request().url.host })
        val advert = air.values.single().data.serviceData.values.single()
        val (low, high) = QrSecrets(link).eid(advert).takeLast(2).map { it.toInt() and 0xff }
        assertEquals(id, low + (high shl 8))
        workstation.hears("ADVERT ${advert.toHexString()}")
        val told = if (what == REGISTER) "Your passkey was created" else "You are signed in"
        assertEquals(told, resultOf(ceremony.get()).words().first)
        town.verify(what, challenge, checkNotNull(workstation.prints()) { workstation.words() })
        assertEquals(workstation.words(), 0, workstation.end())
    }
}
