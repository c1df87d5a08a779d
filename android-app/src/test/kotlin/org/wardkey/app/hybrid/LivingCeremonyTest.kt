package org.wardkey.app.hybrid

import android.Manifest
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.widget.TextView
import kotlinx.coroutines.CompletableDeferred
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import org.wardkey.app.R
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.Secrets
import org.wardkey.app.hybrid.host.Child
import org.wardkey.app.hybrid.host.QrSecrets
import org.wardkey.app.hybrid.host.Town
import org.wardkey.app.hybrid.host.Town.Companion.REGISTER
import org.wardkey.app.hybrid.host.Town.Companion.SIGN_IN
import org.wardkey.app.hybrid.host.Town.Companion.code
import org.wardkey.app.hybrid.host.manufacturer
import org.wardkey.app.idleUntil
import org.wardkey.app.passkeys
import org.wardkey.app.provider.ProviderTestApplication
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.words.title
import org.wardkey.core.Reason
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.nio.file.Files
import java.nio.file.NoSuchFileException

/** The real ceremony behind the screen; only its way to the tunnel service leads to the one of the test. */
internal class LivingCeremonyActivity : CeremonyActivity() {
    override fun ceremonyFor(code: String): Ceremony = PhoneCeremony(this, code, access)

    companion object {
        lateinit var access: TunnelAccess
    }
}

/**
 * The screen of a ceremony with all that is behind it: core, driver, sockets and adverts are the app's own; the
 * tunnel service, the workstation and the site are the project's. However it ends, nothing is left of it.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class, shadows = [RecordingAdvertiser::class])
@OptIn(ExperimentalStdlibApi::class)
internal class LivingCeremonyTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val air = RecordingAdvertiser.onAir
    private val atPrompt = CompletableDeferred<Unit>()
    private val finger = CompletableDeferred<Unit>()
    private lateinit var town: Town
    private lateinit var keys: JvmKeys

    @Before
    fun build() {
        town = Town(folder.root)
        LivingCeremonyActivity.access = town.access()
        keys = JvmKeys(manufacturer(town.state), beforeSign = {
            atPrompt.complete(Unit)
            finger.await()
        })
        application.keys = keys
        air.clear()
        shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        val adapter = application.getSystemService(BluetoothManager::class.java).adapter
        shadowOf(adapter).setState(BluetoothAdapter.STATE_ON)
    }

    @After
    fun close() = town.close()

    @Test
    fun `a passkey is registered and signs in, without a word of it in the log`() {
        finger.complete(Unit)
        val secrets = Secrets()
        val ids = mapOf(REGISTER to R.string.result_registered, SIGN_IN to R.string.result_signed_in).map {
            val challenge = town.challenge(it.key)
            val workstation = town.workstation(it.key, challenge)
            val link = code(workstation)
            secrets.remember(it.key, QrSecrets(link))
            val screen = introduce(workstation, link)
            secrets["${it.key}: advert"] = lastAdvert
            val result = assertTold(it.value, screen)
            val shown = result.requireViewById<TextView>(R.id.result_witness).text.toString()
            val kept = application.passkeys().single().witness
            assertEquals(if (it.key == REGISTER) kept else "", shown)
            town.verify(it.key, challenge, checkNotNull(workstation.prints()) { workstation.words() })
                .getString("credentialId")
        }
        assertEquals(ids.first(), ids.last())
        assertEquals(1, keys.keys.size)
        assertNothingLeft()
        val log = ShadowLog.getLogs().map { "${it.tag} ${it.msg} ${it.throwable}" }
        assertEquals("$log", emptyList<String>(), secrets.leaks(log))
    }

    @Test
    fun `a network that is lost at the prompt is told, and leaves no key, advert or socket`() {
        val workstation = workstation()
        val screen = introduce(workstation)
        idleUntil { atPrompt.isCompleted }
        assertEquals(1, keys.keys.size)
        town.tunnel.kill()
        assertTold(Reason.CONNECTION_CUT.title, screen)
        assertTrue(keys.keys.isEmpty())
        assertNothingLeft()
        assertEquals(1, workstation.end())
    }

    @Test
    fun `a network that is lost while the computer is sought is told`() {
        val workstation = workstation()
        val screen = open(code(workstation))
        idleUntil { air.isNotEmpty() }
        town.tunnel.kill()
        assertTold(Reason.CONNECTION_CUT.title, screen)
        assertNothingLeft()
        // It heard nobody, and still shows its code.
        workstation.close()
    }

    @Test
    fun `leaving while the computer is sought takes the advert down and closes the connection`() {
        val workstation = workstation()
        val screen = open(code(workstation))
        idleUntil { air.isNotEmpty() }
        assertEquals(1, sockets())
        screen.pause().stop().destroy()
        idleUntil { air.isEmpty() }
        assertNothingLeft()
        // It heard nobody, and still shows its code.
        workstation.close()
    }

    @Test
    fun `leaving while the tunnel service keeps silent closes the connection`() {
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { silent ->
            LivingCeremonyActivity.access = TunnelAccess(InetSocketAddress("127.0.0.1", silent.localPort))
            val screen = open(code(workstation()))
            silent.accept().use { connection ->
                screen.pause().stop().destroy()
                // All it wrote, and then its end.
                connection.getInputStream().readBytes()
            }
            assertNothingLeft()
        }
    }

    @Test
    fun `leaving at the prompt ends everything at once`() {
        val workstation = workstation()
        val screen = introduce(workstation)
        idleUntil { atPrompt.isCompleted }
        screen.pause().stop().destroy()
        idleUntil { keys.keys.isEmpty() }
        assertEquals("the computer is not left waiting", 1, workstation.end())
        assertNothingLeft()
        assertEquals("nothing was kept", 0, application.passkeys().size)
    }

    @Test
    fun `an app that Android ends at the prompt tells so when it is back, and begins nothing`() {
        val workstation = workstation()
        val link = code(workstation)
        val screen = introduce(workstation, link)
        idleUntil { atPrompt.isCompleted }
        val saved = Bundle()
        screen.pause().stop().saveInstanceState(saved).destroy()
        idleUntil { keys.keys.isEmpty() }
        val anew = Robolectric.buildActivity(LivingCeremonyActivity::class.java, screen.intent)
            .create(saved).start()
        assertTold(Reason.CONNECTION_CUT.title, anew)
        assertNothingLeft()
        assertEquals(1, workstation.end())
    }

    private fun workstation() = town.workstation(REGISTER, town.challenge(REGISTER))

    private fun open(link: String): ActivityController<LivingCeremonyActivity> {
        val intent = Intent(Intent.ACTION_VIEW, Uri.parse(link))
        return Robolectric.buildActivity(LivingCeremonyActivity::class.java, intent).setup()
    }

    private val lastAdvert: ByteArray get() = checkNotNull(heard)
    private var heard: ByteArray? = null

    /** Lets the workstation hear the phone that scanned its code. */
    private fun introduce(
        workstation: Child,
        link: String = code(workstation),
    ): ActivityController<LivingCeremonyActivity> {
        val screen = open(link)
        idleUntil { air.isNotEmpty() }
        val advert = air.values.single().data.serviceData.values.single()
        heard = advert
        workstation.hears("ADVERT ${advert.toHexString()}")
        return screen
    }

    private fun Secrets.remember(what: String, code: QrSecrets) {
        this["$what: code"] = code.digits.encodeToByteArray()
        this["$what: code's secret"] = code.secret
        this["$what: tunnel id"] = code.tunnelId
        this["account"] = "clinician@example.org".encodeToByteArray()
    }

    /** The ceremony ends with the screen for results, and this is what it says. */
    private fun assertTold(
        title: Int,
        screen: ActivityController<LivingCeremonyActivity>,
    ): ResultActivity {
        idleUntil { screen.get().isFinishing }
        val intent = shadowOf(screen.get()).nextStartedActivity
        val result = Robolectric.buildActivity(ResultActivity::class.java, intent).setup().get()
        val shown = result.requireViewById<TextView>(R.id.result_title).text.toString()
        assertEquals(application.getString(title), shown)
        return result
    }

    /** No advert on the air, no socket to the tunnel service. */
    private fun assertNothingLeft() {
        assertTrue(air.isEmpty())
        // What counts ceremonies is one for the process, and the next test begins with it.
        idleUntil { shadowOf(application).nextStoppedService?.component?.className == SERVICE }
        idleUntil { LivingCeremonyActivity.access.client.dispatcher.runningCallsCount() == 0 }
        idleUntil { sockets() == 0 }
    }

    /** Connections of this process to the tunnel service that are still open at this end. */
    private fun sockets(): Int {
        val mine = File("/proc/self/fd").listFiles().orEmpty().mapNotNull(::inodeOf).toSet()
        val port = "%04X".format(town.port)
        return listOf("tcp", "tcp6").flatMap { File("/proc/net/$it").readLines().drop(1) }
            .map { it.trim().split(Regex(" +")) }
            .count { it[REMOTE].endsWith(":$port") && it[STATE] == ESTABLISHED && it[INODE] in mine }
    }

    private fun inodeOf(descriptor: File): String? = try {
        val target = Files.readSymbolicLink(descriptor.toPath()).toString()
        target.removeSurrounding("socket:[", "]").takeIf { it != target }
    } catch (_: NoSuchFileException) {
        // Closed in the meantime.
        null
    }

    private companion object {
        val SERVICE: String = CeremonyService::class.java.name

        /** Columns of /proc/net/tcp. */
        const val REMOTE = 2
        const val STATE = 3
        const val INODE = 9
        const val ESTABLISHED = "01"
    }
}
