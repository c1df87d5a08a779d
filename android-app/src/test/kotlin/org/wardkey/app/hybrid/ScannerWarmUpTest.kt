package org.wardkey.app.hybrid

import android.view.View
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.wardkey.app.boundary.CODE
import org.wardkey.app.idleUntil
import org.wardkey.app.restrict

/** The scanner with all that is behind it but a camera. */
internal class BlindScanActivity : ScanActivity(), CodeSource {
    override fun sourceFor(screen: View): CodeSource = this

    override fun start(seen: (String) -> Unit, failed: () -> Unit) = Unit

    override fun stop() = Unit
}

/** While the person aims, the tunnel service is reached: resolved, connected, and past the TLS handshake. */
@RunWith(RobolectricTestRunner::class)
@Config(application = HybridTestApplication::class)
internal class ScannerWarmUpTest {
    private val application = RuntimeEnvironment.getApplication() as HybridTestApplication
    private lateinit var service: StubTunnel

    @Before
    fun switchOn() = application.switchBluetoothOn()

    @After
    fun close() = service.close()

    private fun serve(host: String) {
        service = StubTunnel(host).apply { answer(404) }
        application.tunnels = service.access
    }

    private fun openScanner() {
        Robolectric.buildActivity(BlindScanActivity::class.java).setup()
    }

    @Test
    fun `the scanner reaches the tunnel service when it opens, and the ceremony takes that connection`() {
        serve("cable.ua5v.com")
        openScanner()
        val warm = service.asked()
        assertEquals("HEAD", warm.method)
        assertEquals("nothing of a ceremony is in it", "/", warm.target)
        idleUntil { application.tunnels.client.connectionPool.idleConnectionCount() == 1 }
        service.answer(410)
        resultOf(openCeremony<CeremonyActivity>(CODE).get())
        val used = service.asked()
        assertEquals("GET", used.method)
        assertEquals(warm.connectionIndex to 1, used.connectionIndex to used.exchangeIndex)
    }

    @Test
    fun `it is the tunnel service of the organization that is reached`() {
        application.restrict { putString("tunnel_domain", "cable.auth.com") }
        serve("cable.auth.com")
        openScanner()
        assertEquals("HEAD", service.asked().method)
    }
}
