package org.wardkey.app.screens.preflight

import android.content.ComponentName
import android.content.Context
import android.content.pm.PackageManager
import android.credentials.CredentialManager
import android.credentials.ICredentialManager
import android.os.DeadObjectException
import android.os.RemoteException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowContextImpl
import org.wardkey.app.provider.PasskeyProviderService
import org.wardkey.core.ProviderState
import org.wardkey.core.TunnelReach
import java.lang.reflect.Proxy

/** Whether Android asks this app for passkeys, asked of Android's own manager over a system that answers. */
@RunWith(RobolectricTestRunner::class)
internal class ProviderProbeTest {
    private val context = RuntimeEnvironment.getApplication()
    private val probes = AndroidProbes(context) { TunnelReach.REACHED }
    private val asked = mutableListOf<ComponentName>()

    @Before
    fun `have credential providers`() =
        shadowOf(context.packageManager).setSystemFeature(PackageManager.FEATURE_CREDENTIALS, true)

    @Test
    fun `tells a provider that is switched on from one that is not`() {
        for ((enabled, expected) in mapOf(true to ProviderState.ENABLED, false to ProviderState.DISABLED)) {
            system { enabled }
            assertEquals(expected, probes.facts().provider)
        }
    }

    @Test
    fun `asks for its own service and no other`() {
        system { true }
        probes.facts().provider
        assertEquals(listOf(ComponentName(context, PasskeyProviderService::class.java)), asked)
    }

    @Test
    fun `a system that fails to say is no reason to say nothing at all`() {
        val failures = listOf(
            SecurityException("provided component name does not match the requesting component"),
            IllegalStateException("user is locked"),
            DeadObjectException(),
            RemoteException("the system is restarting"),
        )
        for (failure in failures) {
            system { throw failure }
            assertEquals("$failure", ProviderState.UNKNOWN, probes.facts().provider)
        }
        assertEquals(failures.size, asked.size)
    }

    @Test
    fun `a phone without the feature is not even asked`() {
        system { throw AssertionError("it was asked") }
        shadowOf(context.packageManager).setSystemFeature(PackageManager.FEATURE_CREDENTIALS, false)
        assertEquals(ProviderState.UNSUPPORTED, probes.facts().provider)
        assertTrue(asked.isEmpty())
    }

    /** Android's half of the manager, which only says whether a service is enabled. */
    private fun system(answer: () -> Boolean) {
        val type = ICredentialManager::class.java
        val service = Proxy.newProxyInstance(type.classLoader, arrayOf(type)) { _, method, arguments ->
            check(method.name == "isEnabledCredentialProviderService") { "asked for ${method.name}" }
            asked += arguments.first() as ComponentName
            answer()
        } as ICredentialManager
        Shadow.extract<ShadowContextImpl>(context.baseContext)
            .setSystemService(Context.CREDENTIAL_SERVICE, CredentialManager(context, service))
    }
}
